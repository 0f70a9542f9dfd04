#pragma once

/// The text of a tokenizer.json in memory, its long lists packed. Needs nlohmann/json.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <nlohmann/json.hpp>

#include <firth/base/error.hpp>

namespace firth::detail {

/// A list of short items, hundreds of thousands of them, without an object for each: strings one
/// after another in one buffer.
class JsonList {
public:
    enum class Item : char {
        string,        ///< "a b"
        string_number, ///< "a": 1 of an object, or ["a", 1]
        strings,       ///< ["a", "b"]
        other,
    };

    [[nodiscard]] bool is_there() const noexcept { return is_there_; }
    [[nodiscard]] bool is_object() const noexcept { return is_object_; }
    [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }

    /// Calls `on_item(kind, first, second, number)` for each item in its order; what an item does
    /// not have is empty or 0.
    template <class OnItem>
    void for_each(OnItem&& on_item) const {
        std::size_t string = 0;
        std::size_t number = 0;
        const auto next_string = [&] {
            const std::size_t begin = string == 0 ? 0 : ends_[string - 1];
            return std::string_view(bytes_).substr(begin, ends_[string++] - begin);
        };
        for (const Item item : items_) {
            if (item == Item::other) {
                on_item(item, std::string_view(), std::string_view(), 0.0);
                continue;
            }
            const std::string_view first = next_string();
            const std::string_view second =
                item == Item::strings ? next_string() : std::string_view();
            on_item(item, first, second, item == Item::string_number ? numbers_[number++] : 0.0);
        }
    }

private:
    friend class JsonDocument;

    void begin(bool object) {
        *this = JsonList();
        is_there_ = true;
        is_object_ = object;
    }

    void add(std::string_view string) {
        bytes_ += string;
        ends_.push_back(bytes_.size());
        ++strings_;
    }

    void add(double number) {
        numbers_.push_back(number);
        ++numbers_seen_;
    }

    /// Ends an item of what was added since the last one; one of another form leaves nothing but
    /// that it was there.
    void end_item(bool known) {
        const Item item = !known                                ? Item::other
                          : strings_ == 1 && numbers_seen_ == 1 ? Item::string_number
                          : strings_ == 1 && numbers_seen_ == 0 ? Item::string
                          : strings_ == 2 && numbers_seen_ == 0 ? Item::strings
                                                                : Item::other;
        if (item == Item::other) {
            ends_.resize(ends_.size() - strings_);
            bytes_.resize(ends_.empty() ? 0 : ends_.back());
            numbers_.resize(numbers_.size() - numbers_seen_);
        }
        items_.push_back(item);
        strings_ = 0;
        numbers_seen_ = 0;
    }

    std::string bytes_;
    std::vector<std::size_t> ends_;
    std::vector<double> numbers_;
    std::vector<Item> items_;
    std::size_t strings_ = 0; ///< of the item that is being read
    std::size_t numbers_seen_ = 0;
    bool is_there_ = false;
    bool is_object_ = false;
};

/// A document, but for the lists "vocab" and "merges" of its "model", which stand beside it. In a
/// vocab.json the whole is the list "vocab".
class JsonDocument : nlohmann::json_sax<nlohmann::json> {
public:
    using Json = nlohmann::json;

    enum class Whole { tokenizer, vocabulary };

    /// Throws `FormatError`, naming `name`, where the text is no JSON or nested deeper than 64.
    JsonDocument(std::string_view text, const std::string& name, Whole whole = Whole::tokenizer)
        : name_(name), whole_(whole) {
        Json::sax_parse(text.begin(), text.end(), static_cast<nlohmann::json_sax<Json>*>(this));
    }

    [[nodiscard]] const Json& root() const noexcept { return root_; }
    [[nodiscard]] const JsonList& vocab() const noexcept { return vocab_; }
    [[nodiscard]] const JsonList& merges() const noexcept { return merges_; }

private:
    static constexpr std::size_t deepest = 64;

    bool null() override { return value(nullptr); }
    bool boolean(bool truth) override { return value(truth); }
    bool number_integer(number_integer_t number) override {
        return list_ ? listed(static_cast<double>(number)) : value(number);
    }
    bool number_unsigned(number_unsigned_t number) override {
        return list_ ? listed(static_cast<double>(number)) : value(number);
    }
    bool number_float(number_float_t number, const string_t&) override {
        return list_ ? listed(number) : value(number);
    }
    bool string(string_t& text) override {
        if (!list_) return value(std::move(text));
        list_->add(std::string_view(text));
        if (depth_ == 1) list_->end_item(!list_->is_object());
        return true;
    }
    bool binary(binary_t&) override { return false; }

    bool key(string_t& text) override {
        if (list_) {
            if (depth_ == 1) list_->add(std::string_view(text));
            return true;
        }
        key_ = std::move(text);
        if (open_.size() == 1) in_model_ = key_ == "model";
        return true;
    }

    bool start_object(std::size_t) override { return start(Json::object()); }
    bool start_array(std::size_t) override { return start(Json::array()); }
    bool end_object() override { return end(); }
    bool end_array() override { return end(); }

    bool parse_error(std::size_t, const std::string&, const Json::exception& error) override {
        throw FormatError(name_ + " is no JSON: " + error.what());
    }

    bool listed(double number) {
        list_->add(number);
        if (depth_ == 1) list_->end_item(list_->is_object());
        return true;
    }

    template <class T>
    bool value(T&& of) {
        if (list_) {
            known_ = depth_ == 1;
            if (depth_ == 1) list_->end_item(false);
            return true;
        }
        add(Json(std::forward<T>(of)));
        return true;
    }

    Json* add(Json value) {
        if (open_.empty()) {
            root_ = std::move(value);
            return &root_;
        }
        Json& into = *open_.back();
        if (into.is_array()) {
            into.push_back(std::move(value));
            return &into.back();
        }
        Json& member = into[key_];
        member = std::move(value);
        return &member;
    }

    bool start(Json empty) {
        if (open_.size() + depth_ >= deepest) {
            throw FormatError(name_ + " is nested deeper than " + std::to_string(deepest));
        }
        if (list_) {
            if (++depth_ > 2 || empty.is_object() || list_->is_object()) known_ = false;
            return true;
        }
        const bool is_vocabulary = whole_ == Whole::vocabulary && open_.empty();
        if (is_vocabulary ||
            (in_model_ && open_.size() == 2 && (key_ == "vocab" || key_ == "merges"))) {
            list_ = is_vocabulary || key_ == "vocab" ? &vocab_ : &merges_;
            list_->begin(empty.is_object());
            depth_ = 1;
            known_ = true;
            return true;
        }
        open_.push_back(add(std::move(empty)));
        return true;
    }

    bool end() {
        if (!list_) {
            open_.pop_back();
            return true;
        }
        --depth_;
        if (depth_ == 1) {
            list_->end_item(known_);
            known_ = true;
        } else if (depth_ == 0) {
            list_ = nullptr;
        }
        return true;
    }

    std::string name_;
    Whole whole_;
    Json root_;
    JsonList vocab_;
    JsonList merges_;
    std::vector<Json*> open_; ///< objects and arrays that have not ended
    std::string key_;
    bool in_model_ = false;
    JsonList* list_ = nullptr; ///< that is being read
    std::size_t depth_ = 0;    ///< within it
    bool known_ = true;        ///< its item has a known form so far
};

} // namespace firth::detail
