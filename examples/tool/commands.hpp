#pragma once

#include <functional>
#include <iostream>
#include <string>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <firth/base/progress.hpp>
#include <firth/io/load.hpp>
#include <firth/table/word_vectors.hpp>

/// The commands of the tool. Each adds itself to the command line; results go to standard output,
/// everything else to standard error.
void add_demo_command(CLI::App& app);
void add_eval_command(CLI::App& app);
void add_query_commands(CLI::App& app);
void add_train_command(CLI::App& app);

/// Draws progress: a bar on a terminal, a line every five seconds elsewhere.
firth::ProgressCallback progress_printer(bool quiet);

/// Reads vectors of any format, and warns of duplicates.
firth::WordVectors<float> load_vectors(const std::string& path);

/// Prints one JSON object. Bytes that are not UTF-8 become U+FFFD, since JSON knows no others.
inline void print_json(const nlohmann::json& object) {
    std::cout << object.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
}
