#pragma once

#include <mutex>
#include <shared_mutex>

namespace firth {

/// A shared mutex on which nobody waits for ever: who comes while a writer waits, waits behind it.
/// (`std::shared_mutex` may let readers in as long as there are any, and on Linux does.) For
/// `std::unique_lock` and `std::shared_lock`.
class FairSharedMutex {
public:
    void lock() {
        const std::lock_guard gate(gate_);
        mutex_.lock();
    }
    void unlock() { mutex_.unlock(); }

    void lock_shared() {
        const std::lock_guard gate(gate_);
        mutex_.lock_shared();
    }
    void unlock_shared() { mutex_.unlock_shared(); }

private:
    std::mutex gate_; ///< held while waiting, by one at a time
    std::shared_mutex mutex_;
};

} // namespace firth
