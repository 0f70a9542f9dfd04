#pragma once

#include <firth/table/id.hpp>

namespace firth {

/// A row whose value is known to lie between two bounds.
struct Candidate {
    Id id = no_id;
    float least = 0;
    float most = 0;
};

} // namespace firth
