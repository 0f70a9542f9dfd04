#pragma once

/// Everything in `firth/math/` but `all_but_the_top.hpp` and `truncated_svd.hpp`, which need Eigen.

#include <firth/math/sparse_matrix.hpp>
#include <firth/math/spearman.hpp>
#include <firth/math/transposed.hpp>
