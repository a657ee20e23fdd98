# Writes a file of random cases and runs it.
execute_process(COMMAND ${PYTHON} ${SCRIPT} ${COUNT} ${SEED} OUTPUT_FILE ${FILE}
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND ${PROGRAM} ${FILE} COMMAND_ERROR_IS_FATAL ANY)
