// lux_config.hpp: config.dat, the geometry of one light cone as the LUX format has it.
//
// Bytes:  int32 Np, int32 Ns, float64 a[Np+1], chi[Np+1], chi_out[Np], Ll[Ns], Lt[Ns], int32 proj_dirs[Ns],
//         float64 disp[3 Ns], uint8 flip[3 Ns]; the last three are zero: the transforms are already in the
//         planes
// Units:  comoving Mpc/h
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "geometry/light_cone.hpp"
#include "io/disk.hpp"

namespace lenswright {

struct LuxConfig {
  std::int32_t planes = 0;
  std::int32_t snapshots = 0;
  std::vector<double> a, chi, chi_out, box_depth, box_width;
  std::vector<std::int32_t> proj_dirs;
  std::vector<double> displacements;
  std::vector<std::uint8_t> flips;
  bool operator==(const LuxConfig&) const = default;
};

std::uint64_t lux_config_size(int planes, int snapshots);
LuxConfig lux_config_of(const LightCone& cone);
std::string encode_lux_config(const LuxConfig& config);
LuxConfig read_lux_config(Disk& disk, const std::filesystem::path& path);  // throws FormatError

}  // namespace lenswright
