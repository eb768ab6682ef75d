#include "physics/fft_library.hpp"

#include <fftw3.h>

namespace lenswright {

std::string fft_library() {
  return fftw_version;
}

}  // namespace lenswright
