# ruff: noqa: UP031
"""The part of unittest that the board tests use, for MicroPython and CircuitPython."""

try:
    from sys import print_exception
except ImportError:  # CircuitPython
    from traceback import print_exception


class SkipTest(Exception):
    pass


def skip(reason):
    def decorate(test):
        def skipped(*_):
            raise SkipTest(reason)

        return skipped

    return decorate


def skip_nothing(test):
    return test


def skipIf(condition, reason):
    return skip(reason) if condition else skip_nothing


def skipUnless(condition, reason):
    return skipIf(not condition, reason)


class _Raises:
    def __init__(self, kind):
        self.kind = kind
        self.exception = None

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        assert kind is not None, "expected %s, nothing was raised" % (self.kind,)
        self.exception = error
        return issubclass(kind, self.kind)


class _SubTest:
    def __init__(self, words):
        self.words = words

    def __enter__(self):
        return self

    def __exit__(self, kind, error, trace):
        if kind is not None and kind is not SkipTest:
            print("  in", self.words)
        return False


class TestCase:
    def setUp(self):
        pass

    def tearDown(self):
        pass

    def fail(self, message):
        raise AssertionError(message)

    def skipTest(self, reason):
        raise SkipTest(reason)

    def subTest(self, message="", **words):
        return _SubTest(words or message)

    def assertTrue(self, value, message=""):
        assert value, message or "%r is not true" % (value,)

    def assertFalse(self, value, message=""):
        assert not value, message or "%r is not false" % (value,)

    def assertEqual(self, found, expected, message=""):
        assert found == expected, message or "%r != %r" % (found, expected)

    def assertNotEqual(self, found, other, message=""):
        assert found != other, message or "%r == %r" % (found, other)

    def assertIs(self, found, expected, message=""):
        assert found is expected, message or "%r is not %r" % (found, expected)

    def assertIsNone(self, found, message=""):
        assert found is None, message or "%r is not None" % (found,)

    def assertIn(self, item, things, message=""):
        assert item in things, message or "%r not in %r" % (item, things)

    def assertLess(self, found, bound, message=""):
        assert found < bound, message or "%r >= %r" % (found, bound)

    def assertLessEqual(self, found, bound, message=""):
        assert found <= bound, message or "%r > %r" % (found, bound)

    def assertGreater(self, found, bound, message=""):
        assert found > bound, message or "%r <= %r" % (found, bound)

    def assertGreaterEqual(self, found, bound, message=""):
        assert found >= bound, message or "%r < %r" % (found, bound)

    def assertRaises(self, kind, function=None, *words):
        context = _Raises(kind)
        if function is None:
            return context
        with context:
            function(*words)


def _run_one(case, name):
    """Return "ok", "skipped" or "FAILED"."""
    try:
        test = case()
        test.setUp()
        try:
            getattr(test, name)()
        finally:
            test.tearDown()
    except SkipTest as reason:
        print(case.__name__ + "." + name, "... skipped:", reason)
        return "skipped"
    except Exception as error:
        print(case.__name__ + "." + name, "... FAILED")
        print_exception(error)
        return "FAILED"
    print(case.__name__ + "." + name, "... ok")
    return "ok"


def run(module_name):
    """Run the test cases of a module; print them and, last, how many ran, failed, were skipped."""
    module = __import__(module_name)
    counts = {"ok": 0, "FAILED": 0, "skipped": 0}
    for thing in sorted(dir(module)):
        case = getattr(module, thing)
        if isinstance(case, type) and issubclass(case, TestCase) and case is not TestCase:
            for name in sorted(dir(case)):
                if name.startswith("test"):
                    counts[_run_one(case, name)] += 1
    ran = counts["ok"] + counts["FAILED"]
    print("ran %d, failed %d, skipped %d" % (ran, counts["FAILED"], counts["skipped"]))
    return counts["FAILED"]


def main(*_):
    run("__main__")
