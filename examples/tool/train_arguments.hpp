#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include <firth/text/cooccurrence_file.hpp>
#include <firth/text/count_cooccurrences.hpp>
#include <firth/train/glove.hpp>
#include <firth/train/lsa.hpp>
#include <firth/train/word2vec.hpp>

#include "commands.hpp"

/// Which counts of co-occurrence a command makes, or reads.
struct CountArguments {
    std::string counts;     ///< a file that is there; empty: count the corpus
    std::string vocabulary; ///< its vocabulary, where it does not hold one
    firth::CooccurrenceOptions options;

    void add_to(CLI::App& command);
};

/// The folder of a file, where temporary files go.
std::string folder_of(const std::string& output);

/// Counts a corpus, or opens a file of counts. Temporary files lie beside the output.
firth::CountedCorpus counted_corpus(const CountArguments& arguments, CorpusArguments& corpus,
                                    const std::string& output, bool quiet);

/// What `firth train` was asked for.
struct TrainArguments {
    std::string model = "sgns";
    std::string loss = "ns";
    CorpusArguments corpus;
    std::string output;
    std::optional<firth::VectorFormat> format; ///< without: by the output's name
    firth::Word2VecOptions word2vec;           ///< with what all models share
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

/// Throws `OptionError` where more components are to be taken away than vectors of `dim` have.
void check_remove_top(const TrainArguments& arguments, std::size_t dim);

/// Post-processes and writes vectors.
void write_vectors(const TrainArguments& arguments, firth::TrainedVectors& trained);

/// Learns with --model glove or lsa.
void train_from_counts(TrainArguments& arguments);
