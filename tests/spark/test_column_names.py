from sparkcls.spark.column_names import Columns, names_are_exact


class Session:
    def __init__(self, **confs):
        self.confs, self.conf = confs, self

    def get(self, name, default):
        return self.confs.get(name, default)


def test_what_a_session_says():
    assert not names_are_exact(None)
    assert not names_are_exact(Session())
    assert not names_are_exact(Session(**{"spark.sql.caseSensitive": "false"}))
    assert names_are_exact(Session(**{"spark.sql.caseSensitive": "true"}))


def test_case_does_not_count():
    columns = Columns(items=[("Text", 1), ("class", 2), ("Class", 3)])
    assert ("text" in columns, "TEXT" in columns, "other" in columns) == (True, True, False)
    assert (columns["text"], columns.actual("tExT"), columns.get("other")) == (1, "Text", None)
    # The exact spelling wins.
    assert (columns["class"], columns["Class"], columns["CLASS"]) == (2, 3, 2)
    columns["CLASS"] = 4
    assert dict(columns) == {"Text": 1, "CLASS": 4}


def test_case_counts():
    columns = Columns(True, [("Text", 1)])
    assert ("text" in columns, "Text" in columns, columns.actual("text")) == (False, True, None)
    columns["text"] = 2
    assert dict(columns) == {"Text": 1, "text": 2}
    assert not columns.same("a", "A")
