#pragma once

#include <memory>
#include <mutex>
#include <utility>
#include <vector>

namespace firth::detail {

/// Memory for calls of a const object from any number of threads: each call borrows what an earlier
/// one has left, or makes its own. There are never more than calls at one time.
template <class Session>
class SessionPool {
public:
    /// A session, given back at the end of its life.
    class Borrowed {
    public:
        Borrowed(SessionPool& pool, std::unique_ptr<Session> session) noexcept
            : pool_(&pool), session_(std::move(session)) {}
        Borrowed(Borrowed&&) noexcept = default;
        ~Borrowed() {
            if (session_) pool_->give_back(std::move(session_));
        }
        Session& operator*() const noexcept { return *session_; }
        Session* operator->() const noexcept { return session_.get(); }

    private:
        SessionPool* pool_;
        std::unique_ptr<Session> session_;
    };

    [[nodiscard]] Borrowed borrow() {
        {
            const std::lock_guard lock(mutex_);
            if (!free_.empty()) {
                std::unique_ptr<Session> session = std::move(free_.back());
                free_.pop_back();
                return Borrowed(*this, std::move(session));
            }
        }
        return Borrowed(*this, std::make_unique<Session>());
    }

private:
    void give_back(std::unique_ptr<Session> session) noexcept {
        try {
            const std::lock_guard lock(mutex_);
            free_.push_back(std::move(session));
        } catch (...) { // no memory to keep it: it goes
        }
    }

    std::mutex mutex_;
    std::vector<std::unique_ptr<Session>> free_;
};

} // namespace firth::detail
