# SPDX-License-Identifier: MIT
"""Runs modules of CPython's own test suite: cpython.py MODULE...

One line for each: `ok|FAIL MODULE RUN SKIPPED`, the failures with their tracebacks before it.  A test that
fails because it would need a second process is skipped: fork() answers ENOSYS in the VM.  So is what
would need a pseudo terminal, which is not there.
"""
import errno
import io
import re
import sys
import traceback
import unittest


class Result(unittest.TextTestResult):
    def addError(self, test, err):
        text = "".join(traceback.format_exception(*err))
        if getattr(err[1], "errno", 0) == errno.ENOSYS and re.search("fork|spawn", text):
            self.addSkip(test, "needs a second process")
        elif isinstance(err[1], FileNotFoundError) and "openpty" in text:
            self.addSkip(test, "needs a pseudo terminal")
        else:
            super().addError(test, err)


def run(name):
    text = io.StringIO()
    runner = unittest.TextTestRunner(stream=text, resultclass=Result)
    try:
        tests = unittest.defaultTestLoader.loadTestsFromName("test." + name)
        result = runner.run(tests)
    except unittest.SkipTest as why:
        print("ok", name, 0, "all:", why)
        return
    good = result.wasSuccessful() and result.testsRun > len(result.skipped)
    if not good:
        print(text.getvalue())
    print("ok" if good else "FAIL", name, result.testsRun - len(result.skipped), len(result.skipped),
          flush=True)


for module in sys.argv[1:]:
    run(module)
