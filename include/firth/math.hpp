#pragma once

/// Everything in `firth/math/` but `all_but_the_top.hpp` and `truncated_svd.hpp`, which need Eigen.

#include <firth/math/classification_metric.hpp>
#include <firth/math/classification_scores.hpp>
#include <firth/math/classifier_rows.hpp>
#include <firth/math/k_means.hpp>
#include <firth/math/nearest_centres.hpp>
#include <firth/math/product_quantizer.hpp>
#include <firth/math/product_table.hpp>
#include <firth/math/sample_rows.hpp>
#include <firth/math/sparse_matrix.hpp>
#include <firth/math/spearman.hpp>
#include <firth/math/transposed.hpp>
