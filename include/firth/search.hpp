#pragma once

/// Everything in `firth/search/`.

#include <firth/search/exact.hpp>
#include <firth/search/metric.hpp>
#include <firth/search/top_k.hpp>
