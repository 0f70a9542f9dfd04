#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <firth/table/id.hpp>
#include <firth/text/encoding.hpp>

namespace firth {

/// What stands around the tokens of a text, or of two: BERT's [CLS] A [SEP] B [SEP], say.
struct EncodingTemplate {
    /// A special token, or the place of a text.
    struct Item {
        enum class Kind { token, first, second };
        Kind kind = Kind::first;
        Id id = no_id;          ///< of a special token
        std::uint32_t type = 0; ///< the type id of what stands here
        bool operator==(const Item&) const = default;
    };

    std::vector<Item> single{{Item::Kind::first, no_id, 0}};
    std::vector<Item> pair{{Item::Kind::first, no_id, 0}, {Item::Kind::second, no_id, 1}};
    bool operator==(const EncodingTemplate&) const = default;

    /// How many special tokens are added to one text, or to two.
    [[nodiscard]] std::size_t added(bool to_pair) const noexcept {
        std::size_t count = 0;
        for (const Item& item : to_pair ? pair : single) {
            count += item.kind == Item::Kind::token;
        }
        return count;
    }

    /// The encodings of a text, and of a second one if it is not null, in their places.
    [[nodiscard]] Encoding operator()(const Encoding& first, const Encoding* second) const {
        Encoding made;
        made.reserve(first.size() + (second ? second->size() : 0) + added(second != nullptr));
        for (const Item& item : second ? pair : single) {
            if (item.kind == Item::Kind::token) {
                made.add(item.id, {}, Encoding::no_word, item.type, true);
                continue;
            }
            made.append(item.kind == Item::Kind::first ? first : *second, item.type);
        }
        return made;
    }

    [[nodiscard]] std::string settings() const {
        std::string name = "template";
        for (const std::vector<Item>* items : {&single, &pair}) {
            for (const Item& item : *items) {
                name += ' ';
                name += item.kind == Item::Kind::token   ? std::to_string(item.id)
                        : item.kind == Item::Kind::first ? "A"
                                                         : "B";
                name += ':' + std::to_string(item.type);
            }
            name += ';';
        }
        return name;
    }
};

} // namespace firth
