// hdf5_call.hpp: the check behind every HDF5 call: a negative result becomes a FormatError.
//
// Throws: FormatError (file, what was wanted, the library's innermost message)
#pragma once

#include <hdf5.h>

#include <filesystem>
#include <string>

#include "io/hdf5.hpp"

namespace lenswright::hdf5 {

// The library prints its error stack to the terminal unless told not to. Called before any other call.
void silence_error_stack();
std::string innermost_message();

// The library takes two files in memory of one name for the same file.
std::string unique_memory_name();

// `wanted`: what the file should have held, e.g. "dataset Coordinates".
[[noreturn]] void fail(const std::filesystem::path& path, const std::string& wanted);
void check(herr_t result, const std::filesystem::path& path, const std::string& wanted);
Handle own(hid_t id, Handle::Close close, const std::filesystem::path& path, const std::string& wanted);

}  // namespace lenswright::hdf5
