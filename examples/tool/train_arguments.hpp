#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <firth/corpus/cooccurrence_file.hpp>
#include <firth/corpus/count_cooccurrences.hpp>
#include <firth/table/subword.hpp>
#include <firth/table/subword_vectors.hpp>
#include <firth/train/counts/association.hpp>
#include <firth/train/counts/glove.hpp>
#include <firth/train/counts/lsa_options.hpp>
#include <firth/train/run/training_state.hpp>
#include <firth/train/sequence/fasttext.hpp>
#include <firth/train/sequence/word2vec.hpp>

#include "commands.hpp"

/// Which counts of co-occurrence a command makes, or reads.
struct CountArguments {
    std::string counts;     ///< a file that is there; empty: count the corpus
    std::string vocabulary; ///< its vocabulary, where it does not hold one
    firth::CooccurrenceOptions options;

    void add_to(CLI::App& command);
};

/// Counts a corpus, or opens a file of counts. Temporary files lie beside the output.
firth::CountedCorpus counted_corpus(const CountArguments& arguments, CorpusArguments& corpus,
                                    const std::string& output, bool quiet);

/// What `firth train` was asked for.
struct TrainArguments {
    std::string model = "sgns";
    std::string loss = "ns";
    std::string preset = "default";
    CorpusArguments corpus;
    std::string output;
    std::optional<firth::VectorFormat> format;     ///< without: by the output's name
    firth::Word2VecOptions word2vec;               ///< with what all models share
    std::optional<firth::SubwordOptions> subwords; ///< without: whole words
    std::uint32_t buckets = firth::SubwordOptions().buckets;
    bool dim_given = false;
    std::string start;
    bool expand = false;
    std::size_t remove_top = 0;
    CountArguments counts;
    firth::GloVeOptions glove;
    firth::LsaOptions lsa;
    firth::PositivePmi pmi;
    std::string association = "ppmi";
    bool json = false;
    bool quiet = false;
};

/// Looks at all files of a training before its work begins. Throws as `check_files` does, and
/// `OptionError` where the checkpoint of a training that was stopped would be lost.
void check_training_files(const TrainArguments& arguments);

/// Looks at what can be known of the result once the words are, so that hours later nothing fails.
void check_words_of_result(const TrainArguments& arguments, const firth::Vocabulary& vocabulary);

/// Throws `OptionError` where more components are to be taken away than vectors of `dim` have.
void check_remove_top(const TrainArguments& arguments, std::size_t dim);

/// Post-processes and writes vectors.
void write_vectors(const TrainArguments& arguments, firth::TrainedVectors& trained);

/// The settings for training words with n-grams. `start`: the model to continue from, or null.
firth::FastTextOptions fasttext_options(const TrainArguments& arguments,
                                        const firth::SubwordVectors* start);

/// How far a training of sentences came, and what it made.
struct SequenceResult {
    firth::TrainingStats stats;
    std::size_t rows = 0;
    std::size_t dim = 0;
    std::size_t ngrams = 0; ///< rows beside the words'
};

/// Learns words and their n-grams from a corpus and writes them, but for a training that was
/// stopped.
SequenceResult train_subwords(const TrainArguments& arguments, const firth::EncodedCorpus& corpus,
                              const firth::SubwordVectors* start);

/// Learns with --model glove or lsa.
void train_from_counts(TrainArguments& arguments);
