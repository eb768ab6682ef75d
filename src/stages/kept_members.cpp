#include "stages/kept_members.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cassert>
#include <new>
#include <span>
#include <sstream>
#include <string>
#include <type_traits>

#include "base/big_array.hpp"
#include "base/error.hpp"

namespace lenswright {

namespace {

constexpr std::size_t kColumns = 5, kColumnBytes = 8, kPage = 4096;
static_assert(sizeof(double) == kColumnBytes && sizeof(std::int64_t) == kColumnBytes);

template <typename T>
T* column(std::byte* block, std::size_t capacity, std::size_t which) {
  return reinterpret_cast<T*>(block) + which * capacity;
}

template <typename T>
std::span<const T> column(const std::byte* block, std::size_t capacity, std::size_t which,
                          std::size_t count) {
  return {reinterpret_cast<const T*>(block) + which * capacity, count};
}

}  // namespace

std::uint64_t KeptMembers::bytes(std::uint64_t particles, std::size_t words) {
  return particles * words * kColumns * kColumnBytes;
}

KeptMembers::KeptMembers(const RankGroups& groups, std::size_t batch_particles)
    : groups_(groups), batch_particles_(batch_particles) {
  if (groups.group().size() == 1) return;
  for (int rank = 0; rank < groups.group().size(); ++rank) files_.push_back(groups.share_file(rank));
  if (std::all_of(files_.begin(), files_.end(), [](int file) { return file >= 0; })) return;
  for (const int file : files_)
    if (file >= 0) close(file);
  throw Failure("the ranks of a node cannot share memory any more");
}

KeptMembers::~KeptMembers() {
  for (const Mapping& mapping : mappings_) munmap(mapping.memory, mapping.bytes);
  for (const int file : files_) close(file);
}

std::size_t KeptMembers::block_bytes() const {
  return (batch_particles_ * kColumns * kColumnBytes + kPage - 1) / kPage * kPage;
}

std::byte* KeptMembers::map(int file, std::size_t offset, std::size_t bytes, bool for_writing) {
  const int kind = file >= 0 ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* const memory = mmap(nullptr, bytes, for_writing ? PROT_READ | PROT_WRITE : PROT_READ, kind, file,
                            static_cast<off_t>(offset));
  if (memory == MAP_FAILED) throw std::bad_alloc();
  mappings_.push_back({static_cast<std::byte*>(memory), bytes});
  return mappings_.back().memory;
}

// What is not written to takes no memory.
KeptMembers::Block& KeptMembers::open_block(Simulation simulation, std::size_t word, std::uint64_t overlaps) {
  constexpr auto kNone = static_cast<std::size_t>(-1);
  if (open_.size() <= word) open_.resize(word + 1, kNone);
  std::size_t& open = open_[word];
  if (open == kNone || blocks_[open].simulation != simulation || blocks_[open].count == batch_particles_) {
    const int file = files_.empty() ? -1 : files_[static_cast<std::size_t>(groups_.group().rank())];
    const std::size_t offset = file < 0 ? 0 : blocks_.size() * block_bytes();
    if (file >= 0 && ftruncate(file, static_cast<off_t>(offset + block_bytes())) != 0) throw std::bad_alloc();
    memory_.push_back(map(file, offset, block_bytes(), true));
    open = blocks_.size();
    blocks_.push_back({simulation, word, overlaps, 0});
  }
  assert(blocks_[open].overlaps == overlaps && "of other regions");
  return blocks_[open];
}

void KeptMembers::add(Simulation simulation, const ParticleBatch& batch,
                      const std::vector<BatchMembers>& members) {
  for (std::size_t word = 0; word < members.size(); ++word) {
    const std::span<const std::uint32_t> particles(members[word].particles);
    for (std::size_t first = 0; first < particles.size();) {
      Block& block = open_block(simulation, word, members[word].overlaps);
      std::byte* const memory = memory_[static_cast<std::size_t>(&block - blocks_.data())];
      const auto some =
          particles.subspan(first, std::min(particles.size() - first, batch_particles_ - block.count));
      const auto gather = [&](std::size_t which, const auto& values) {
        auto* const to =
            column<std::decay_t<decltype(values[0])>>(memory, batch_particles_, which) + block.count;
        take_memory(to, some.size() * kColumnBytes);
        for (std::size_t p = 0; p < some.size(); ++p) to[p] = values[some[p]];
      };
      for (std::size_t k = 0; k < batch.axis.size(); ++k) gather(k, batch.axis[k]);
      gather(3, batch.quanta);
      std::copy_n(members[word].sets.begin() + static_cast<std::ptrdiff_t>(first), some.size(),
                  column<std::uint64_t>(memory, batch_particles_, 4) + block.count);
      block.count += some.size();
      first += some.size();
    }
  }
}

KeptMembers::Batch KeptMembers::batch_at(const std::byte* memory, const Block& block) const {
  Batch batch;
  batch.simulation = block.simulation;
  batch.word = block.word;
  for (std::size_t k = 0; k < batch.particles.axis.size(); ++k)
    batch.particles.axis[k] = column<double>(memory, batch_particles_, k, block.count);
  batch.particles.quanta = column<std::int64_t>(memory, batch_particles_, 3, block.count);
  batch.members.sets = column<std::uint64_t>(memory, batch_particles_, 4, block.count);
  batch.members.overlaps = block.overlaps;
  return batch;
}

std::vector<KeptMembers::Batch> KeptMembers::batches() const {
  std::vector<Batch> result;
  for (std::size_t n = 0; n < blocks_.size(); ++n) result.push_back(batch_at(memory_[n], blocks_[n]));
  return result;
}

std::vector<KeptMembers::Batch> KeptMembers::batches_of_group() {
  std::vector<Batch> result = batches();
  const Communicator& group = groups_.group();
  if (group.size() == 1) return result;
  groups_.settle();
  std::ostringstream mine;
  for (const Block& block : blocks_)
    mine << static_cast<int>(block.simulation) << ' ' << block.word << ' ' << block.overlaps << ' '
         << block.count << ' ';
  const std::vector<std::string> told = group.gather_all(mine.str());
  bool failed = false;
  for (std::size_t rank = 0; rank < told.size(); ++rank) {
    if (static_cast<int>(rank) == group.rank()) continue;
    std::istringstream words(told[rank]);
    std::vector<Block> blocks;
    int simulation = 0;
    for (Block block{}; words >> simulation >> block.word >> block.overlaps >> block.count;) {
      block.simulation = static_cast<Simulation>(simulation);
      blocks.push_back(block);
    }
    if (blocks.empty()) continue;
    try {
      const std::byte* const memory = map(files_[rank], 0, blocks.size() * block_bytes(), false);
      for (std::size_t n = 0; n < blocks.size(); ++n)
        result.push_back(batch_at(memory + n * block_bytes(), blocks[n]));
    } catch (const std::bad_alloc&) {
      failed = true;
    }
  }
  if (group.any(failed)) throw Failure("the ranks of a node cannot share memory any more");
  return result;
}

}  // namespace lenswright
