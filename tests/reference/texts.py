"""The texts that the golden vectors are made from: ordinary ones, and awkward ones of every kind."""

from __future__ import annotations

PLAIN = [
    "I really liked that movie!",
    "The plot was boring, the acting was fine.",
    "Disney Comics was a comic book publishing company operated by The Walt Disney Company from 1990 to 1993.",
    "My friend moved to New York. She likes it. Frank visited New York, and didn't like it.",
    "His age is 34. He is visiting hospital.",
    "Is this good? Yes! It is: very good; really.",
    "The market fell by 3.5% on Monday, while shares of the team rose.",
    "We loved the story and hated the ending",
    "a",
    "I",
    "Hello World!! New Sentence",
    "good",
    "this was a great day for science. it was not a great day for the market.",
    "PUT YOUR STRING HERE",
    "I like you.",
]

BLANK = [
    "",
    " ",
    "   ",
    "\n",
    "\t",
    "\r\n",
    " \n\t ",
    "\u00a0",
    "\u2003",
    "\u200b",
    "\u3000",
    "\x0b\x0c",
    "\x1f",
    "\x85",
]

WHITE_SPACE = [
    "  leading and trailing  ",
    "two  spaces   three",
    "tab\there\tand there",
    "line one\nline two\n\nline three",
    "CR LF\r\nsecond line\r\n\r\nthird line.\r\n",
    "old mac\rline ends\r",
    "no\u00a0break space and\u2003em space\u2009thin",
    "zero\u200bwidth and soft\u00adhyphen and word\u2060joiner",
    "written \\n escapes \\r\\n and \\t tabs\\n\\nhere",
    "mix \\n\n\\t\t of both\n\t\\r\\n",
    "vertical\x0btab and form\x0cfeed",
    "unit\x1fseparator file\x1cseparator next\x85line",
    "line\u2028separator paragraph\u2029separator",
    "trailing newline\n",
    "\nleading newline",
    " \t mixed \n blanks \r ",
]

UNICODE = [
    "I \U0001f600 love \U0001f1e9\U0001f1ea it\U0001f44d\U0001f3fd!",
    "\U0001f600a \U0001f468\u200d\U0001f469\u200d\U0001f467 family. \U0001f600",
    "caf\u00e9 na\u00efve h\u00e9roe \u00fcber \u00c5ngstr\u00f6m",
    "cafe\u0301 nai\u0308ve combining A\u030angstro\u0308m",
    "\u00dfsharp \u0130stanbul \u0131 \ufb01ne \u01c5 \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2",
    "\u6211\u559c\u6b22\u8fd9\u4e2a\u7535\u5f71\u3002\u5f88\u597d\uff01",
    "\u65e5\u672c\u8a9e\u306e\u6587\u3067\u3059\u3002 \u30ab\u30bf\u30ab\u30ca\u3001\u6f22\u5b57",
    "\U00020000\U0002a6d6 rare \u6f22",
    "\ud55c\uad6d\uc5b4 \ubb38\uc7a5\uc785\ub2c8\ub2e4.",
    "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645\u060c \u0643\u064a\u0641 \u062d\u0627\u0644\u0643\u061f",
    "\u05e9\u05dc\u05d5\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e\u0964",
    "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440! \u042d\u0442\u043e \u0442\u0435\u0441\u0442.",
    "na\u200dive \ufeffBOM inside",
    "\ufeffBOM first",
    "NUL\x00inside and \x00 alone",
    "bell\x07 escape\x1b[31m delete\x7f",
    "replacement \ufffd char\ufffd",
    "private \ue000 use \uf050 marks \uf056here\uf057",
    "roman \u2187 and \u2188 numerals a\u2187b c\u2188d",
    "fullwidth \uff21\uff22\uff23 \uff11\uff12\uff13\uff01",
    "\u2018single\u2019 \u201cdouble\u201d \u00abguillemets\u00bb \u201elow\u201c",
    "em\u2014dash en\u2013dash minus\u2212 hyphen\u2010here ellipsis\u2026",
    "5\u20ac \u00a33.50 \u00a5100 \u00b0C 20\u00b0. 30",
    "x\u00b2 + y\u00b3 \u2260 \u00bd \u221e \u2192 \u2713 \u2122 \u00a9",
    "Z\u0310\u0353\u0324a\u034el\u0321g\u0336o\u0337 text",
]

ENGLISH = [
    "I'd like to say we didn't expect that. Jane's boyfriend.",
    "I won't, can't and shouldn't've; it's y'all's 'twas rock'n'roll.",
    "It costs $100, or $17,000.50, or 3.5/5 or USD 20. Cheap!",
    "Visit https://www.example.com/a?b=c&d=e#f or www.google.com. Mail me@x.org.",
    "movie... (really) ... wow... Great... and so on....",
    '-- 3.5/5 "wow!"',
    "a. .a .",
    "e-mail state-of-the-art well--known - dash -",
    "?!?! ... !!! ?? . , ;",
    "Hello, I won't be from New York in the U.S.A. (and you know it h\u00e9roe). Give me my horse! or $100 bucks "
    "'He said', I'll defeat markus-crassus. You understand. Goodbye George E. Bush. www.google.com.",
    "Are you kidding me ?!?! what is this for !?",
    "Hello big-city-of-lights welcome to the ground###earth.",
    "l'une d'un l'un, des l'extr\u00eame des l'extreme",
    "Tokens in this-text will#be#split on hashtags-and#dashes",
    "He said 'Hello there.' Then he left. \"Really? Yes!\" she asked.",
    "(This is one. And two.) [Also here. And there.] {Or. Not.}",
    "Mr. Smith met Dr. Jones on Jan. 5. at 5 p.m. in St. Louis, No. 5, vs. Prof. X.",
    "The company, e.g. Acme Inc. or i.e. Foo Corp., lost. See p. 55 and pp. 3.",
    "At 5 a.m. Mr. Smith went to the bank. He left at 6 P.M. Then what?",
    "The U.S. economy. The U.K. too. J. R. R. Tolkien wrote it. Plan B. It works.",
    "1. First item 2. Second item 3. Third item",
    "1) one 2) two a) letter b) more",
    "1.) one 2.) two",
    "(a) alpha (b) beta (c) gamma",
    "- first\n- second\n-1. minus one -2. minus two",
    "\n1. This is a list\n1.1 This is a subpoint\n2. Second thing\n2.2 Second subthing",
    "Version 2.0.1 came out. 3.14 is pi. .5 is half. 5.",
    "20\u00b0. 30 is the angle at N\u00b0. 1026.253.553",
    "She works at Yahoo! in the accounting department. Really?! No way!!",
    "\"It's a test!\", she said. 'Stop!', he cried. Who?'",
    "What?? Why!! How?! OK. ok; fine: yes, no",
    "Hello World.My name is Jonas.",
    "This is a sentence.Another one without space.And more",
    "Co. KG is German. GmbH & Co. KG.",
    "He's the boss's dog. The 90's. Boys' toys. Rock 'n' roll.",
    "Alfred's A.K.A. 'The Dude'. Isn't he?",
    "ALL CAPS. NO. YES. OK.",
    "Sept. 11. Oct. 3, Nov. the dec. 25 (no. 3) no. (4)",
    "I said so. I'm sure. I'll go etc. I am. e.g. this etc.",
    "carbon emissions have come down without impinging on our growth. .  . .",
    "EU rejects German call to boycott British lamb .",
    "TORONTO 1996-08-21",
    "Rare Hendrix song draft sells for almost $17,000.",
    "Hello world, this is a long sentence longerThanSplitLength",
    "Small sentence. This is a normal sentence. This is a long sentence (longer than the maxLength).",
    "This is a sentence. This one uses custom bounds; As is this one;",
    " Hello World.\n\nNew Sentence\n\nThird",
    '" Hello World!! .  New Sentence  "',
    "This is my first sentence. This my second.\n\nHow about a third?",
    "<p>Some <b>HTML</b> &amp; entities &lt;tag&gt;</p><br/>text",
    "#hashtag @user RT: :-) ;) <3 \\o/ 50% off!!! a/b & c_d *bold* ~x~ `y` ^z^ |w| {v} [u] (t)",
    "ABC123 abc_def x1y2 10,000 1e-5 0x1F 12:30 2021-10-05 +49-30-1234",
    "I only consider lowercase characters and NOT UPPERCASED and only the numbers 0,1, to 7 as tokens but not 8 or 9",
    "running runner ran easily fairly cats ponies caresses relational conditional sky happy generalizations oscillators",
    "Hello New York and Goodbye",
    "abcdef",
]

LONG = [
    "word" * 60,
    "x" * 250,
    "very " * 150 + "long.",
    "(" * 40 + "deep" + ")" * 40,
    "One sentence here. " * 12,
    "'" + "quote " * 30,
]

AWKWARD = BLANK + WHITE_SPACE + UNICODE + LONG
TEXTS = PLAIN + ENGLISH + AWKWARD
#: For settings of which a glance is enough.
FEW = PLAIN[:7] + ENGLISH[:20] + WHITE_SPACE[:8] + UNICODE[:6] + ["", "  ", "x" * 250]

CLINICAL = (
    "History: patient (age:54) has BP 120/80, temp=98.6F;\r\nmeds: aspirin+statin, 5%[w/v] & $3.50 co-pay.\r\n\r\n"
    "Plan:\r\n- follow-up in 2-3 weeks\r\n- labs: CBC, BMP\\Mg"
)
SPACED = "I'd      like to say\nwe didn't\n\n expect\nthat. \n\n Jane's\\nboyfriend\tsaid.\n\n"

#: The examples of Porter's article, then words that show where the original goes its own ways.
STEMS = [
    "caresses ponies ties caress cats feed agreed plastered bled motoring sing conflated troubled sized hopping tanned "
    "falling hissing fizzed failing filing happy sky",
    "relational conditional rational valenci hesitanci digitizer conformabli radicalli differentli vileli analogousli "
    "vietnamization predication operator feudalism decisiveness hopefulness callousness formaliti sensitiviti sensibiliti",
    "triplicate formative formalize electriciti electrical hopeful goodness revival allowance inference airliner "
    "gyroscopic adjustable defensible irritant replacement adjustment dependent adoption homologou communism activate "
    "angulariti homologous effective bowdlerize probate rate cease controll roll",
    "need freed exceeded statement cement element flowing swayed waxes keyed Clyde styling type STOWE is as us s S I y ed ing "
    "eed ies sses aldzuyyed byyed oyying",
    "Jane's rock'n'roll e-mailing 2nds 1990s caf\u00e9s \u00fcbering \u0130stanbuling \u039f\u0394\u039f\u03a3 ge\U0001f600e "
    "\U0001f600\U0001f600ed stra\u00dfen \ufb01nding",
]

#: For elements called p: well-formed, and not.
XML = [
    "<r>q<p>a <p> in </p> z</p>\n<q>u</q><p>b</p></r>",
    "<r><p><b>in</b><i/>t<e></e></p> <p x='1'/></r>",
    "<p>o<p>i<p>ii</p></p></p>",
    "<r><p>a &amp; &lt;b&gt; &quot;c&quot; 'd' \u00e9 &#233; \U0001f600 &#13;</p></r>",
    "<r><p b='2' a=\"1\" c='&quot;x&apos;&lt;&gt;&amp;&#13;\n'>t</p></r>",
    "<!-- c --><r><p>x<!-- d -->y<?pi  z ?><?pj?></p></r><?e?>",
    "<r><p><![CDATA[<raw> & x]]>a<![CDATA[]]>b<![CDATA[]]]]><![CDATA[>]]></p></r>",
    "<?xml version='1.0' encoding='ISO-8859-1'?> <r><p>\u00e9</p></r>",
    "<r xmlns='1' xmlns:n='u'><n:p n:a='1' xmlns:m='v'><m:q xmlns:o='x'/></n:p></r>",
    "<n:r><n:p>undeclared</n:p></n:r>",
    " <r>\n <p>\n  sp   ace\n </p>\n <p> two </p>\r\n</r> \n",
    "<R><P>x</P></R>",
    "<!DOCTYPE r [<!ENTITY e 'ent'>]><r><p>&e;</p></r>",
    "<r>&nbsp;<p>x</p></r>",
    "<p>two</p><p>roots</p>",
    "<r><p>x</p></r> text",
    "<r><br><p>x</p></r>",
    "<r><p>\x01</p></r>",
    "<r><p a='1' a='2'/></r>",
    "",
]
