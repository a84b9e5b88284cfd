"""Public names of Spark NLP 3 to 7 that sparkcls does not have, and what to do about them."""

from __future__ import annotations

_OTHER_JOB = "keep that step with Spark NLP in a job of its own, and hand its result over as a table"

#: Names by what to do.
_GROUPS = {
    "take a sequence classifier, such as BertForSequenceClassification, with a model for the task; it needs no "
    "embeddings, and setMultilabel(True) gives several labels": """
        ClassifierDLApproach ClassifierDLModel ClassifierEncoder MultiClassifierDLApproach MultiClassifierDLModel
        SentimentDLApproach SentimentDLModel SentimentDetector SentimentDetectorModel ViveknSentimentApproach
        ViveknSentimentModel""",
    "there are no embeddings; sequence classifiers read documents and tokens directly": """
        AlbertEmbeddings AutoGGUFEmbeddings BGEEmbeddings BertEmbeddings BertSentenceEmbeddings
        BiEncoderMultimodalEmbeddings CamemBertEmbeddings ChunkEmbeddings DeBertaEmbeddings DistilBertEmbeddings
        Doc2VecApproach Doc2VecModel E5Embeddings E5VEmbeddings ElmoEmbeddings EmbeddingsFinisher
        HasEmbeddingsProperties InstructorEmbeddings LateChunkEmbeddings LongformerEmbeddings MPNetEmbeddings
        MiniLMEmbeddings ModernBertEmbeddings MxbaiEmbeddings NomicEmbeddings OpenAIEmbeddings RoBertaEmbeddings
        RoBertaSentenceEmbeddings SentenceEmbeddings SnowFlakeEmbeddings UAEEmbeddings UniversalSentenceEncoder
        Word2VecApproach Word2VecModel WordEmbeddings WordEmbeddingsModel XlmRoBertaEmbeddings
        XlmRoBertaSentenceEmbeddings XlnetEmbeddings embeddings""",
    "take SentenceDetector, which works by rules": """
        SentenceDetectorDLApproach SentenceDetectorDLModel SentenceDetectorParams SentenceDetectorSaTModel""",
    "take SentenceDetector with setSplitLength": """
        DocumentCharacterTextSplitter DocumentTitleSplitter DocumentTokenSplitter""",
    "take Tokenizer": """
        ChunkTokenizer ChunkTokenizerModel RecursiveTokenizer RecursiveTokenizerModel RegexTokenizer
        WordSegmenterApproach WordSegmenterModel""",
    f"take Stemmer if stems will do, or {_OTHER_JOB}": "Lemmatizer LemmatizerModel",
    "take one DocumentAssembler a column": "MultiColumnAssembler MultiDocumentAssembler",
    "take Pipeline of pyspark.ml": "RecursivePipeline RecursivePipelineModel",
    "give the path, or the rules, to the setter itself": "ExternalResource RegexRule",
    "read the files with Spark or a Python library, into a column of texts": """
        CoNLL CoNLLU POS PubTator SparkNLPReader TFGraphBuilder VectorDBConnector read reader spacyToAnnotation
        training""",
    "stages here are pyspark Transformers in Python: subclass that, or take sparkcls.functions": """
        AnnotatorApproach AnnotatorModel AnnotatorProperties AnnotatorTransformer HasAudioFeatureProperties
        HasBatchedAnnotate HasBatchedAnnotateAudio HasBatchedAnnotateImage HasCandidateLabelsProperties
        HasCaseSensitiveProperties HasClassifierActivationProperties HasClsTokenProperties HasEnableCachingProperties
        HasEngine HasGeneratorProperties HasImageFeatureProperties HasLlamaCppProperties
        HasLongMaxSentenceLengthLimit HasMaxSentenceLengthLimit HasRecursiveFit HasRecursiveTransform HasRescaleFactor
        HasStorage HasStorageModel HasStorageOptions HasStorageRef RecursiveAnnotatorApproach RecursiveEstimator
        RecursiveTransformer internal properties""",
    "there is nothing like it here, and nothing else needs it; take it out": """
        CometLogger PushToHub comet logging upload_to_hub util""",
    f"no counterpart: {_OTHER_JOB}": """
        AlbertForMultipleChoice AlbertForQuestionAnswering AlbertForTokenClassification
        AnnotationAudio AnnotationImage AudioAssembler AutoGGUFModel AutoGGUFReranker AutoGGUFVisionModel BM25Approach
        BM25Model BLIPForQuestionAnswering BartTransformer BertForMultipleChoice
        BertForQuestionAnswering BertForTokenClassification BigTextMatcher
        BigTextMatcherModel CLIPForZeroShotClassification CPMTransformer CamemBertForQuestionAnswering
        CamemBertForTokenClassification Chunk2Doc Chunker CoHereTransformer
        CompletionPostProcessing ContextSpellCheckerApproach ContextSpellCheckerModel ConvNextForImageClassification
        CoNLLGenerator CoverageResult CrossEncoder Date2Chunk DateMatcher DateMatcherUtils DeBertaForQuestionAnswering
        DeBertaForTokenClassification DependencyParserApproach DependencyParserModel
        DistilBertForMultipleChoice DistilBertForQuestionAnswering DistilBertForTokenClassification
        Doc2Chunk DocumentSimilarityRankerApproach DocumentSimilarityRankerFinisher
        DocumentTranslator EntityRulerApproach EntityRulerModel EvaluationDLParams Florence2Transformer
        GGUFRankingFinisher GPT2Transformer Gemma3ForMultiModal GraphExtraction GraphFinisher HubertForCTC
        ImageAssembler InternVLForMultiModal JanusForMultiModal LLAMA2Transformer LLAMA3Transformer LLAVAForMultiModal
        LLMEntityExtractor LanguageDetectorDL LongformerForQuestionAnswering LongformerForTokenClassification
        M2M100Transformer MLLamaForMultimodal MPNetForQuestionAnswering MPNetForTokenClassification MarianTransformer
        MatchStrategy MistralTransformer MultiDateMatcher NGramGenerator NLLBTransformer NerApproach NerConverter
        NerCrfApproach NerCrfModel NerDLApproach NerDLGraphChecker NerDLGraphCheckerModel NerDLModel NerOverwriter
        NorvigSweetingApproach NorvigSweetingModel OLMoTransformer OpenAICompletion PairwiseVectorSimilarity
        PaliGemmaForMultiModal PerceptronApproach PerceptronModel Phi2Transformer Phi3Transformer Phi3Vision
        Phi4Transformer PromptAssembler Qwen2VLTransformer QwenTransformer RegexMatcher RegexMatcherModel
        RoBertaForMultipleChoice RoBertaForQuestionAnswering RoBertaForTokenClassification
        RuleBasedMatcher RuleBasedMatcherModel SmolVLMTransformer SpanBertCorefModel
        StarCoderTransformer Summarization SummarizationModel SwinForImageClassification SymmetricDeleteApproach
        SymmetricDeleteModel T5Transformer TFNerDLGraphBuilder TFNerDLGraphBuilderModel TableAssembler
        TapasForQuestionAnswering TextMatcher TextMatcherModel Token2Chunk TypedDependencyParserApproach
        TypedDependencyParserModel ViTForImageClassification VisionEncoderDecoderForImageCaptioning Wav2Vec2ForCTC
        WhisperForCTC XlmRoBertaForMultipleChoice XlmRoBertaForQuestionAnswering XlmRoBertaForTokenClassification
        XlnetForTokenClassification YakeKeywordExtraction ZeroShotNerModel""",
}

#: What to do where Spark NLP's name was used.
ADVICE = {name: text for text, names in _GROUPS.items() for name in names.split()}
