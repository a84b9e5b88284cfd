"""What Spark NLP feeds to the networks of other families, for docs/fidelity.md.

Found with networks that answer with their inputs, and held by `tests/formats/sparknlp/test_families.py`.
"""

HEAD = """\
## Other families

Their tokens, sentences and annotations are those above. What differs between families is what the network is fed, which
was recorded from Spark NLP 5.5.3 with small random models, also with networks that answer with their inputs.
`tests/data/sparknlp/families` keeps what it wrote and its scores of 12 awkward texts, with and without `caseSensitive`. In
the default mode sparkcls is within 3e-7 of `transformers` on all of them; in sparknlp mode, where it is offered, within
3e-7 of the original. Special pieces stand around a text as in `transformers` where nothing else is said, token types are
0, texts are cut on the right after they have become wordpieces, and nothing is padded there. A refusal names the family and
why."""

SECTIONS = {
    "BERT": "Offered. Of every token only the first basic piece is read, as for DistilBERT "
    "([tokenization.md](tokenization.md)). Up to 0.19 from `transformers`, 2 of 12 labels differ.",
    "MPNet": "Offered. As BERT; and nothing attends `<s>`, for the mask there is 'not 0', and 0 is its id. `<s>` itself "
    "attends the text, so the answer still depends on it. Up to 0.41 from `transformers`, 5 of 12 labels differ.",
    "RoBERTa": "Offered. Of every token only the first piece that the byte-level pattern cuts it into (`don't` is read as "
    "`don`, `3.5%` as `3`), without the space before it: `Ġgood` is never seen. Tokens that are `<s>`, `</s>`, `<unk>`, "
    "`<pad>` or `<mask>` are special ones. Nothing attends `<s>`; a text with `<s>` in it, which would be hidden too, gets "
    "an error in its row. Up to 0.12 from `transformers`, 1 of 12 labels differs.",
    "XLM-RoBERTa": "Offered. Every token by itself, all of its pieces but a lone `▁`; what has no piece, and every "
    "character beyond 16 bits, becomes `<pad>` (1), which is attended and has the position of padding. Nothing attends "
    "`<s>`. Up to 0.14 from `transformers`.",
    "CamemBERT": "Offered. Every token by itself, with a lone `▁` before those that begin with punctuation; what has no "
    "piece becomes 4 (`<unk>NOTUSED`). A piece is left out if its id is four less than that of `▁`: the original means the "
    "lone `▁`, and hits another. The mask is right. Up to 0.12 from `transformers`.",
    "ALBERT": "Offered. Every token by itself, all of its pieces but a lone `▁`; accents are kept, and case unless "
    "`caseSensitive` is False, which is the default there. The mask is right. Up to 0.02 from `transformers`, 1 of 12 "
    "labels differs.",
    "DeBERTa-v2 and v3": "Refused. Every id but those of `[CLS]` and `[SEP]` is one too high, so the network reads the "
    "neighbours of the text's pieces in the vocabulary. Up to 0.59 from `transformers`, 6 of 12 labels differ.",
    "XLNet": "Offered. Every token by itself, all of its pieces but a lone `▁`; `<cls>` stands before the text and `<sep>` "
    "after it, where the model expects both behind it. The mask is right. Up to 0.5 from `transformers`, 3 of 12 labels "
    "differ.",
    "Longformer": "Offered. As RoBERTa, but `<s>` is attended; `<pad>` as a token is not, and a text with it gets an error "
    "in its row. Up to 0.05 from `transformers`, 1 of 12 labels differs. Its saved files, which "
    "have TensorFlow graphs alone, are not read: load the Hugging Face folder.",
}

TIES = """\
Where two ways of cutting a run of one character are equally likely (`!!!` as `!!`, `!` or as `!`, `!!`), the SentencePiece
inside of Spark NLP takes mostly, but not always, the one whose last piece is shorter; sparkcls takes it always. Models with
a piece for such runs know no such choice."""


def lines() -> list[str]:
    """The section of the page, line by line."""
    found = [*HEAD.split("\n"), ""]
    found += [f"- **{family}**: {text}" for family, text in SECTIONS.items()]
    return [*found, "", *TIES.split("\n")]
