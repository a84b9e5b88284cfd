"""Record what Java's own regular expressions match: ``python -m tests.reference.javaregex`` (needs a JDK, 17).

Writes tests/data/javaregex.json: patterns, texts, and for every pattern the spans of all matches and groups in every
text, in UTF-16 units, or null where Java refuses the pattern.
"""

from __future__ import annotations

import json
import random
import subprocess
import tempfile
from pathlib import Path

TARGET = Path(__file__).parent.parent / "data" / "javaregex.json"

TEXTS = [
    "a.b aabbcc",
    "Éé éa ÉA",
    "a-b_c 12 [a]^-",
    "x\ny\r\nz\u0085",
    'ABC abc won\'t (a) "q"',
    "",
    "ab\n",
    "a\u2028b\t\x0b",
    "é́x ſsK\u212a",
]
ATOMS = [
    *("a", "b", "B", "-", "\\-", ".", "\\.", "'", '"', "|", "]", "}", "#", "é", "É", " "),
    *("\\w", "\\W", "\\d", "\\s", "\\S", "\\h", "\\v", "\\n", "\\e", "\\cA", "\\07", "\\u00e9", "\\x{e9}", "\\x41"),
    *("[a-c]", "[^a-c]", "[\\w-]", "[^\\s\\w\\$\\.]", "[a[bc]]", "[a-z&&[^bc]]", "[.]", "[\\]\\[]", "[]a]", "[^a[b]]"),
    *("[&&a]", "[a&&b]", "[a-]", "[-a]", "[^-a]", "[+--]", "[a&b]", "[#]", "[^\\W_]", "[\\d.]", "[a\\Q]\\Eb]"),
    *("\\p{L}", "\\P{L}", "\\p{Punct}", "\\p{IsLatin}", "\\p{Lu}", "\\pL", "\\p{Upper}", "\\p{javaLetter}"),
    *("\\p{InGreek}", "\\p{IsAlphabetic}", "\\p{ASCII}", "[\\p{L}&&[^é]]", "\\Qa.b\\E", "\\Q", "[", "(", ")", "{"),
    *("\\b", "\\B", "^", "$", "\\A", "\\z", "\\Z", "(?i)", "(?-i)", "(?s)", "(?m)", "(?x)", "(?i:b)", "(?iu:É)"),
    *("(?=a)", "(?!b)", "(?<=a)", "(?<!b)", "(a)", "(a|b)", "(?:ab)", "(?>a|ab)", "(?<x>a)", "\\1", "\\k<x>", "\\y"),
]
QUANTIFIERS = ["", "", "", "", "*", "+", "?", "{2}", "{1,2}", "*?", "+?", "*+", "++", "?+", "{,2}", "{2,1}"]
PROGRAM = """
import java.nio.file.*; import java.util.*; import java.util.regex.*;
public class Main {
  static String decode(String hex) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i + 4 <= hex.length(); i += 4) text.append((char) Integer.parseInt(hex.substring(i, i + 4), 16));
    return text.toString();
  }
  public static void main(String[] arguments) throws Exception {
    List<String> patterns = Files.readAllLines(Path.of(arguments[0])), texts = Files.readAllLines(Path.of(arguments[1]));
    for (String coded : patterns) {
      Pattern pattern;
      try { pattern = Pattern.compile(decode(coded)); } catch (Exception e) { System.out.println("null"); continue; }
      List<Object> all = new ArrayList<>();
      for (String text : texts) {
        List<Object> matches = new ArrayList<>();
        Matcher matcher = pattern.matcher(decode(text));
        while (matcher.find()) {
          List<Object> spans = new ArrayList<>();
          for (int g = 0; g <= matcher.groupCount(); g++) { spans.add(matcher.start(g)); spans.add(matcher.end(g)); }
          matches.add(spans);
        }
        all.add(matches);
      }
      System.out.println(all);
    }
  }
}
"""


def patterns() -> list[str]:
    """Every atom alone, and random sequences of them."""
    chosen = random.Random(17)
    found = dict.fromkeys(ATOMS)
    while len(found) < 1500:
        length = chosen.randint(1, 4)
        found["".join(chosen.choice(ATOMS) + chosen.choice(QUANTIFIERS) for _ in range(length))] = None
    return list(found)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, lines in (("patterns", patterns()), ("texts", TEXTS)):
            coded = "\n".join(line.encode("utf-16-be").hex() for line in lines)
            (folder / file).write_text(coded + "\n", encoding="ascii")
        (folder / "Main.java").write_text(PROGRAM, encoding="ascii")
        command = ["java", "Main.java", "patterns", "texts"]
        lines = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()
    rows = ",\n".join(
        f"[{json.dumps(pattern)},{line.replace(' ', '')}]" for pattern, line in zip(patterns(), lines, strict=True)
    )
    TARGET.write_text(f'{{"texts":{json.dumps(TEXTS)},\n"patterns":[\n{rows}\n]}}\n', encoding="ascii")


if __name__ == "__main__":
    main()
