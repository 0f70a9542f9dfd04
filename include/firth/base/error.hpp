#pragma once

#include <stdexcept>
#include <string>

namespace firth {

/// What every function of the library throws for wrong input: a file, an option, a word. The
/// message is one sentence that names the thing, the place and what was expected.
class Error : public std::runtime_error {
public:
    using std::runtime_error::runtime_error;
};

/// A file or stream that cannot be opened, read or written.
class IoError : public Error {
public:
    using Error::Error;
};

/// Bytes that are not what their format says they must be.
class FormatError : public Error {
public:
    using Error::Error;
};

/// An option outside its range.
class OptionError : public Error {
public:
    using Error::Error;
};

/// A word that the vocabulary does not hold.
class UnknownWordError : public Error {
public:
    using Error::Error;
};

} // namespace firth
