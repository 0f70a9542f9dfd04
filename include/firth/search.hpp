#pragma once

/// Everything in `firth/search/`.

#include <firth/search/candidates.hpp>
#include <firth/search/certified.hpp>
#include <firth/search/exact.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/scored_rows.hpp>
#include <firth/search/top_k.hpp>
