#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace crossfade::flags {

enum class severity {
  error,    ///< the document is refused
  warning,  ///< it loads; flagd's schema objects, or evaluation does not do what was meant
};

/// Something that is wrong with a document.
struct violation {
  flags::severity severity;
  std::string file;     ///< what stands for the document in messages
  std::string pointer;  ///< the JSON pointer of the culprit, empty for the document as a whole
  std::string message;  ///< what is there, and what was expected
  std::string why;      ///< what comes of it, where the schema alone would let it pass
};

/// The violation on a line:
///
///     flags.json: warning: /flags/prices/targeting has the operator "regex"; expected one that
///     flagd has
std::string to_string(const violation& violation);

/// Which of flagd's schemas a document is held against.
enum class schema {
  flags,  ///< flags.json, for every provider: `flags` is an object
  flagd,  ///< flagd.json, for the daemon: `flags` may be a list instead
};

/// All that is wrong with the text of a flagd document, which `name` stands for; nothing if it is
/// right.
///
/// There is an error exactly if `snapshot::parse` refuses the text. Whatever flagd's JSON schema
/// objects to is among the violations; so is what the schema cannot tell, or lets pass, and
/// evaluation could make nothing of. Threads: any. Source: flagd's JSON schema. Differs: stricter,
/// where a violation says why.
std::vector<violation> validate(std::string_view text, const std::string& name,
                                schema schema = schema::flags);

}  // namespace crossfade::flags
