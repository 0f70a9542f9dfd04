#pragma once

/// Everything in `firth/search/`.

#include <firth/search/answers.hpp>
#include <firth/search/bit_rows.hpp>
#include <firth/search/candidates.hpp>
#include <firth/search/certified.hpp>
#include <firth/search/exact.hpp>
#include <firth/search/float_group.hpp>
#include <firth/search/growing.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/quantized_rows.hpp>
#include <firth/search/rescored.hpp>
#include <firth/search/row_terms.hpp>
#include <firth/search/scan.hpp>
#include <firth/search/scored_rows.hpp>
#include <firth/search/search_options.hpp>
#include <firth/search/tile_products.hpp>
#include <firth/search/top_k.hpp>
