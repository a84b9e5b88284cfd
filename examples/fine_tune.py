"""From fine-tuning in transformers to scoring in Spark: what `save_pretrained` writes, sparkcls reads.

    python examples/fine_tune.py --out ticket-model
    python examples/fine_tune.py --data tickets.csv --base distilbert-base-uncased --epochs 3 --out ticket-model

Without ``--data`` it learns three topics from the twelve sentences below, starting from the small model in the package,
in seconds: enough to see how the parts fit, not for a good model. A file of ``--data`` is CSV with the columns `text`
and `label`. A folder that your own training script saved goes straight to the last step.
"""

from __future__ import annotations

import argparse

import pandas as pd
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

import sparkcls
from sparkcls.models.bundled import bundled_folder

TICKETS = pd.DataFrame(
    [
        ("I was charged twice this month.", "billing"),
        ("Please send me the invoice for May.", "billing"),
        ("My card was declined, but the money is gone.", "billing"),
        ("How do I get a refund?", "billing"),
        ("The parcel has not arrived.", "shipping"),
        ("The courier left the box in the rain.", "shipping"),
        ("Can you deliver to another address?", "shipping"),
        ("Tracking says it is still in the warehouse.", "shipping"),
        ("The screen stays black after the update.", "technical"),
        ("I cannot log in with my password.", "technical"),
        ("The app crashes when I open a photo.", "technical"),
        ("It will not connect to the network.", "technical"),
    ],
    columns=["text", "label"],
)
NEW = ["Why did you charge me again?", "Where is my parcel?", "The app crashes at the start."]


def fine_tune(data: pd.DataFrame, base: str, out: str, epochs: int) -> None:
    """Train a classifier of the labels in `data`, and save model and tokenizer."""
    labels = sorted(data["label"].unique())
    ids = {label: i for i, label in enumerate(labels)}
    torch.manual_seed(0)
    tokenizer = AutoTokenizer.from_pretrained(base)
    model = AutoModelForSequenceClassification.from_pretrained(
        base,
        # These names come out of Spark.
        id2label=dict(enumerate(labels)),
        label2id=ids,
        ignore_mismatched_sizes=True,
    ).float()  # weights may be stored in 16 bits, which are too few for training
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)
    model.train()
    for _ in range(epochs):
        shuffled = data.sample(frac=1, random_state=0)
        for start in range(0, len(shuffled), 16):
            batch = shuffled[start : start + 16]
            inputs = tokenizer(list(batch["text"]), truncation=True, max_length=128, padding=True, return_tensors="pt")
            inputs.pop("token_type_ids", None)
            loss = model(**inputs, labels=torch.tensor([ids[label] for label in batch["label"]])).loss
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
    print(f"Loss after {epochs} epochs: {loss.item():.3f}")
    model.eval().save_pretrained(out)
    tokenizer.save_pretrained(out)


def main() -> None:
    parser = argparse.ArgumentParser(description="Fine-tune a classifier, then score with it in Spark.")
    parser.add_argument("--data", help="CSV with the columns text and label (default: built-in tickets)")
    parser.add_argument("--base", default=str(bundled_folder("distilbert_mini_sequence_classifier_sst2")))
    parser.add_argument("--epochs", type=int, default=12)
    parser.add_argument("--out", required=True, help="where to save the model")
    args = parser.parse_args()

    fine_tune(pd.read_csv(args.data) if args.data else TICKETS, args.base, args.out, args.epochs)

    spark = sparkcls.start()
    tickets = spark.createDataFrame([(text,) for text in NEW], "text string")
    sparkcls.classify(tickets, "text", model=args.out).select("text", "label", "confidence").show(truncate=False)


if __name__ == "__main__":
    main()
