#pragma once

/// Everything in `firth/search/`.

#include <firth/search/candidate.hpp>
#include <firth/search/codes/bit_rows.hpp>
#include <firth/search/codes/float_rows.hpp>
#include <firth/search/codes/growing_rows.hpp>
#include <firth/search/codes/quantized_rows.hpp>
#include <firth/search/exact/certified_index.hpp>
#include <firth/search/exact/exact_index.hpp>
#include <firth/search/exact/growing_index.hpp>
#include <firth/search/exact/growing_index_file.hpp>
#include <firth/search/exact/rescored_index.hpp>
#include <firth/search/exact/scan_index.hpp>
#include <firth/search/index.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/neighbor.hpp>
#include <firth/search/scannable_rows.hpp>
#include <firth/search/scorable_rows.hpp>
#include <firth/search/search_options.hpp>
#include <firth/search/top_k.hpp>
