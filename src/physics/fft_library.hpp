// fft_library.hpp: which FFT library this program runs with; receipts tell it.
#pragma once

#include <string>

namespace lenswright {

std::string fft_library();  // "fftw-3.3.10-sse2-avx"

}  // namespace lenswright
