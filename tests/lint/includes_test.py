"""Plants a tree with one bad file at a time: each rule of includes.py must see its own."""

import tempfile
import unittest
from pathlib import Path

from includes import violations

CLEAN = {
    "compat/loop.hpp": "#pragma once\n#include <vector>\n",
    "compat/loop.cpp": '#include "compat/loop.hpp"\n#include <boost/asio/io_context.hpp>\n',
    "compat/use_op.hpp": '#include "compat/loop.hpp"\n#include <boost/asio/async_result.hpp>\n',
    "compat/sqlite/pool.cpp": '#include "compat/loop.hpp"\n#include <sqlite3.h>\n',
    "compat/sqlite/driver.hpp": '#include "compat/loop.hpp"\n',
    "compat/http/server.hpp": '#include "compat/loop.hpp"\n',
    "compat/http/server.cpp": '#include "compat/use_op.hpp"\n#include <boost/beast/http.hpp>\n',
    "fiber_backend/backend.hpp": '#include "compat/loop.hpp"\n',
    "fiber_backend/detail/engine.hpp": "#include <boost/fiber/fiber.hpp>\n",
    "fiber_backend/sqlite_driver.hpp": '#include "compat/sqlite/driver.hpp"\n',
    "fiber_backend/sqlite_driver.cpp": "#include <sqlite3.h>\n",
    "coro_backend/backend.hpp": '#include "compat/loop.hpp"\n',
    "coro_backend/sqlite_driver.cpp": "#include <sqlite3.h>\n",
    "flags/file.cpp": '#include "flags/file.hpp"\n#include <nlohmann/json.hpp>\n',
    "flags/file.hpp": "#include <string>\n",
    "benchmarks/ab/session.cpp": '#include "compat/loop.hpp"\n#include <nlohmann/json.hpp>\n',
    "benchmarks/main.cpp": "#include <boost/fiber/all.hpp>\n",
    "benchmarks/workloads/queue.cpp": '#include "compat/loop.hpp"\n#include <sqlite3.h>\n',
    "tool/main.cpp": '#include "flags/file.hpp"\n#include <CLI/CLI.hpp>\n',
    "tool/attach.cpp": '#include "compat/http/server.hpp"\n#include "coro_backend/backend.hpp"\n',
    "tests/compat/loop_test.cpp": '#include "flags/file.hpp"\n#include <boost/fiber/all.hpp>\n',
}


class IncludesTest(unittest.TestCase):
    def found(self, **planted):
        with tempfile.TemporaryDirectory() as folder:
            for path, text in {**CLEAN, **planted.get("files", {})}.items():
                file = Path(folder, path)
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(text)
            return list(violations(Path(folder)))

    def assert_only(self, path, text, *words):
        found = self.found(files={path: text})
        self.assertEqual(len(found), 1, found)
        for word in (path, *words):
            self.assertIn(word, found[0])

    def test_a_clean_tree_passes(self):
        self.assertEqual(self.found(), [])

    def test_arrows_that_are_not_drawn(self):
        for part, target in [
            ("flags/", "compat/loop.hpp"),
            ("compat/", "flags/file.hpp"),
            ("compat/", "fiber_backend/backend.hpp"),
            ("compat/", "compat/http/server.hpp"),
            ("compat/", "fiber_backend/sqlite_driver.hpp"),
            ("compat/sqlite/", "compat/http/server.hpp"),
            ("compat/http/", "coro_backend/backend.hpp"),
            ("fiber_backend/", "coro_backend/backend.hpp"),
            ("fiber_backend/", "fiber_backend/sqlite_driver.hpp"),
            ("fiber_backend/", "compat/sqlite/driver.hpp"),
            ("coro_backend/", "fiber_backend/backend.hpp"),
            ("coro_backend/sqlite_driver.", "coro_backend/backend.hpp"),
            ("flags/", "tool/main.cpp"),
            ("tool/", "fiber_backend/backend.hpp"),
            ("benchmarks/ab/", "flags/file.hpp"),
            ("benchmarks/ab/", "benchmarks/workloads/queue.cpp"),
        ]:
            path = part + ("bad.cpp" if part.endswith("/") else "cpp")
            for spelled in (f'"{target}"', f"<{target}>"):
                with self.subTest(f"{path} -> {target}"):
                    self.assert_only(path, f"#include {spelled}\n", f"{target}: {part} may")

    def test_the_library_does_not_include_its_tests(self):
        text = '\n#  include "tests/compat/loop_test.cpp"\n'
        self.assert_only("flags/bad.cpp", text, ":2:", "may not include it")

    def test_a_path_that_does_not_start_at_the_root(self):
        self.assert_only("compat/bad.cpp", '#include "../flags/file.hpp"\n', "no such file")
        self.assert_only("compat/bad.cpp", '#include "loop.hpp"\n', "no such file")

    def test_libraries_outside_of_their_homes(self):
        for path, header, home in [
            ("coro_backend/bad.cpp", "boost/context/fiber.hpp", "fiber_backend/"),
            ("compat/detail/bad.hpp", "boost/fiber/mutex.hpp", "fiber_backend/"),
            ("compat/bad.cpp", "boost/beast.hpp", "compat/http/"),
            ("compat/bad.cpp", "openssl/ssl.h", "compat/http/"),
            ("compat/bad.cpp", "sqlite3.h", "compat/sqlite/"),
            ("compat/http/bad.cpp", "nlohmann/json.hpp", "benchmarks/ab/, flags/, tool/"),
            ("flags/bad.cpp", "CLI/CLI.hpp", "benchmarks/ab/, tool/"),
        ]:
            with self.subTest(f"{path} -> {header}"):
                self.assert_only(path, f"#include <{header}>\n", f"only {home}")

    def test_boost_in_a_public_header(self):
        self.assert_only("compat/bad.hpp", "#include <boost/asio/post.hpp>\n", "boost/asio")

    def test_boost_behind_a_public_header(self):
        files = {
            "compat/bad.hpp": '#include "compat/detail/step.hpp"\n',
            "compat/detail/step.hpp": "#include <boost/asio/post.hpp>\n",
        }
        (found,) = self.found(files=files)
        self.assertIn("compat/bad.hpp -> compat/detail/step.hpp -> boost/asio/post.hpp", found)


if __name__ == "__main__":
    unittest.main()
