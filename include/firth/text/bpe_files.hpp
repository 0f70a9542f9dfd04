#pragma once

/// The files vocab.json and merges.txt of byte-pair encoding. Needs nlohmann/json.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <firth/base/atomic_file.hpp>
#include <firth/base/error.hpp>
#include <firth/base/mapped_file.hpp>
#include <firth/base/utf8.hpp>
#include <firth/table/id.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/detail/json_document.hpp>
#include <firth/text/detail/json_reader.hpp>
#include <firth/text/detail/json_vocabulary.hpp>
#include <firth/text/detail/model_spelling.hpp>
#include <firth/text/pre_tokenizers/named_pattern.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizers/bpe.hpp>
#include <firth/text/tokenizers/bpe_merges.hpp>

namespace firth {

/// The model of a vocab.json, an object {"token": id}, and of a merges.txt: two tokens and a space
/// a line, the first merge first; lines that begin with "#version" are none. What else the model
/// does, the files do not say. Throws `FormatError`, naming the file and the line.
[[nodiscard]] inline Bpe parse_bpe_files(std::string_view vocabulary,
                                         const std::string& vocabulary_name,
                                         std::string_view merges, const std::string& merges_name,
                                         BpeOptions options) {
    const detail::JsonDocument document(vocabulary, vocabulary_name,
                                        detail::JsonDocument::Whole::vocabulary);
    const detail::JsonReader file(vocabulary_name);
    if (!document.vocab().is_object()) file.fail("is no object, expected tokens and their ids");
    TokenTable tokens = detail::token_table(file, document.vocab(), options.bytes);
    const auto reader = [&](std::size_t line) {
        return detail::JsonReader(merges_name + ", line " + std::to_string(line) + ',');
    };
    detail::JsonReader place = reader(1);
    detail::BpeRules rules(place, tokens, options);
    skip_byte_order_mark(merges);
    for (std::size_t number = 1; !merges.empty(); ++number) {
        const std::size_t line_end = merges.find('\n');
        std::string_view line = merges.substr(0, line_end);
        merges.remove_prefix(line_end == merges.npos ? merges.size() : line_end + 1);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty() || line.starts_with("#version")) continue;
        place = reader(number);
        rules.add(line);
    }
    return Bpe(std::move(tokens), rules.rules(), std::move(options));
}

/// The byte-level tokenizer of a vocab.json and a merges.txt, which cuts as GPT-2 does unless
/// `pattern` names another one: see `named_pattern`. Tokens of several bytes that no merge
/// makes are special ones. Throws `IoError` where a file cannot be read, and as `parse_bpe_files`.
[[nodiscard]] inline Tokenizer read_bpe_files(const std::string& vocabulary,
                                              const std::string& merges,
                                              const std::string& pattern = "gpt2") {
    const MappedFile vocabulary_file(vocabulary);
    const MappedFile merges_file(merges);
    BpeOptions options;
    options.bytes = true;
    Bpe model = parse_bpe_files(vocabulary_file.bytes(), vocabulary, merges_file.bytes(), merges,
                                std::move(options));
    TokenizerSteps<> steps;
    steps.pre_tokenizer = named_pattern(pattern);
    std::vector<bool> is_made(model.size());
    for (const Bpe::Rule& rule : bpe_merges(model)) {
        is_made[rule.token] = true;
    }
    for (Id id = 0; id < model.size(); ++id) {
        if (is_made[id] || model.token(id).size() < 2) continue;
        steps.added_tokens.push_back(special_token(std::string(model.token(id)), id));
    }
    steps.model = std::move(model);
    return Tokenizer(std::move(steps));
}

/// Writes vocab.json and merges.txt into a folder, both or none. Added tokens join the vocabulary;
/// the tokenizer's other steps are not in such files. Throws `FormatError` where its model is no
/// BPE, and for tokens that merges.txt cannot hold; `IoError` where the system refuses.
inline void write_bpe_files(const std::string& folder, const Tokenizer& tokenizer) {
    const auto* const bpe = tokenizer.steps().model.get_if<Bpe>();
    if (bpe == nullptr) {
        throw FormatError("vocab.json and merges.txt hold a BPE model, but the tokenizer's is \"" +
                          tokenizer.steps().model.settings() + '"');
    }
    const detail::ModelSpelling model(tokenizer, &bpe->tokens(),
                                      detail::ModelSpelling::Joining::all,
                                      "a vocab.json with its merges.txt");
    std::string vocabulary = "{";
    model.append_vocabulary(vocabulary);
    vocabulary += "}\n";
    std::string merges = "#version: 0.2\n";
    std::string room;
    const auto put = [&](Id id, char after) {
        const std::string_view token = model.spelled(id, room);
        if (token.find_first_of(" \r\n") != token.npos) {
            model.refuse("the token \"" + std::string(token) + "\" of a merge has white space");
        }
        merges += token;
        merges += after;
    };
    for (const Bpe::Rule& rule : model.merges()) {
        put(rule.left, ' ');
        put(rule.right, '\n');
    }
    AtomicFile first((std::filesystem::path(folder) / "vocab.json").string());
    AtomicFile second((std::filesystem::path(folder) / "merges.txt").string());
    first.write(vocabulary);
    second.write(merges);
    AtomicFile::commit_together(first, second);
}

} // namespace firth
