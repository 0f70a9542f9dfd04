#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>

#if __has_include(<dlfcn.h>)
#include <dlfcn.h>
#define FIRTH_HAS_DLOPEN() 1
#else
#define FIRTH_HAS_DLOPEN() 0
#endif

/// A library of another project's kernels, opened at run time so that the build needs none of it.
class Peer {
public:
    /// Writes the kernel's result, of whatever type, to `result`.
    using Kernel = void (*)(const void* a, const void* b, std::size_t n, void* result);

    explicit Peer(const std::string& path) {
#if FIRTH_HAS_DLOPEN()
        library_ = ::dlopen(path.c_str(), RTLD_NOW);
        if (library_ == nullptr) {
            std::fprintf(stderr, "%s\n", ::dlerror());
            std::exit(1);
        }
#else
        std::fprintf(stderr, "no libraries can be opened here: %s\n", path.c_str());
        std::exit(1);
#endif
    }

    /// The kernel of that name, or null.
    [[nodiscard]] Kernel kernel(const char* name) const {
#if FIRTH_HAS_DLOPEN()
        return reinterpret_cast<Kernel>(::dlsym(library_, (std::string("peer_") + name).c_str()));
#else
        return nullptr;
#endif
    }

private:
    void* library_ = nullptr;
};
