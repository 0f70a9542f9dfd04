#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <firth/table/id.hpp>
#include <firth/text/added_tokens.hpp>
#include <firth/text/decoders/word_piece.hpp>
#include <firth/text/normalizers/bert.hpp>
#include <firth/text/post_processors/template.hpp>
#include <firth/text/pre_tokenizers/bert.hpp>
#include <firth/text/tokenizer.hpp>
#include <firth/text/tokenizers/word_piece.hpp>

namespace firth {

/// The special tokens of BERT's vocabularies.
[[nodiscard]] inline std::vector<std::string> bert_special_tokens() {
    return {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};
}

/// BERT's tokenizer (Devlin et al., 2018), with [CLS] and [SEP] around texts where the vocabulary
/// has them. Special tokens that the vocabulary does not have are left out.
[[nodiscard]] inline Tokenizer
bert_tokenizer(WordPiece model, const BertNormalizer& normalizer = {},
               const std::vector<std::string>& special_tokens = bert_special_tokens()) {
    using Item = EncodingTemplate::Item;
    TokenizerSteps<> steps;
    const std::optional<Id> cls = model.find("[CLS]");
    const std::optional<Id> sep = model.find("[SEP]");
    if (cls && sep) {
        const Item first{Item::Kind::first, no_id, 0};
        const Item second{Item::Kind::second, no_id, 1};
        const Item begin{Item::Kind::token, *cls, 0};
        steps.post_processor.single = {begin, first, {Item::Kind::token, *sep, 0}};
        steps.post_processor.pair = {
            begin, first, {Item::Kind::token, *sep, 0}, second, {Item::Kind::token, *sep, 1}};
    }
    for (const std::string& name : special_tokens) {
        if (const std::optional<Id> id = model.find(name))
            steps.added_tokens.push_back(special_token(name, *id));
    }
    steps.normalizer = normalizer;
    steps.pre_tokenizer = BertPreTokenizer();
    steps.decoder = WordPieceDecoder{model.options().continuing_prefix};
    steps.model = std::move(model);
    return Tokenizer(std::move(steps));
}

} // namespace firth
