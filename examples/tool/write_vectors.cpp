#include "train_arguments.hpp"

#include <firth/io/save.hpp>
#include <firth/math/all_but_the_top.hpp>

void check_remove_top(const TrainArguments& arguments, std::size_t dim) {
    if (arguments.remove_top <= dim) return;
    throw firth::OptionError("all-but-the-top is " + std::to_string(arguments.remove_top) +
                             ", expected at most dim = " + std::to_string(dim));
}

void write_vectors(const TrainArguments& arguments, firth::TrainedVectors& trained) {
    if (arguments.remove_top != 0) {
        firth::all_but_the_top(trained.vectors.mutable_table(), arguments.remove_top);
    }
    static_cast<void>(
        save_vectors(trained.vectors, arguments.output, {.format = arguments.format}));
}
