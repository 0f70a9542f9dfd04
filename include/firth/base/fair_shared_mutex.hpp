#pragma once

#include <mutex>
#include <shared_mutex>

namespace firth {

/// A shared mutex without starvation: threads that arrive while a writer waits queue up after it.
/// (`std::shared_mutex` may keep letting readers in meanwhile, and on Linux does.) For
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
