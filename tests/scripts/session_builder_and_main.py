import argparse

from pyspark.ml import Pipeline
from pyspark.sql import SparkSession
from sparknlp.annotator import DistilBertForSequenceClassification, Tokenizer
from sparknlp.base import DocumentAssembler


def get_spark():
    return (
        SparkSession.builder.appName("reviews")
        .config("spark.serializer", "org.apache.spark.serializer.KryoSerializer")
        .config("spark.kryoserializer.buffer.max", "2000M")
        .getOrCreate()
    )


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model", default="distilbert_base_sequence_classifier_amazon_polarity")
    args = parser.parse_args([])
    spark = get_spark()
    df = spark.createDataFrame([("B1", "great price"), ("B2", "awful")], ["product", "review"])
    pipeline = Pipeline(
        stages=[
            DocumentAssembler().setInputCol("review").setOutputCol("document"),
            Tokenizer().setInputCols(["document"]).setOutputCol("token"),
            DistilBertForSequenceClassification.pretrained(args.model, "en")
            .setInputCols(["document", "token"])
            .setOutputCol("polarity"),
        ]
    )
    rows = pipeline.fit(df).transform(df).select("product", "polarity.result").collect()
    print({row["product"]: row["result"][0] for row in rows})
    assert len(rows) == 2


if __name__ == "__main__":
    main()
