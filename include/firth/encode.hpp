#pragma once

/// Everything in `firth/encode/`.

#include <firth/encode/classifier.hpp>
