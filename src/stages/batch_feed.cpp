#include "stages/batch_feed.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace lenswright {

std::vector<int> readers_of(const std::vector<SnapshotChunk>& chunks, int ranks) {
  // Enough groups for each rank to get some of everything; few enough that ranks seldom open the same file; small ones
  // at the end, so that all have as much.
  constexpr std::size_t kGroups = 16, kLastGroups = 4, kLargestGroup = 8;
  const auto count = static_cast<std::size_t>(ranks);
  const std::size_t largest = std::clamp(chunks.size() / (kGroups * count), std::size_t{1}, kLargestGroup);
  std::vector<int> readers;
  std::vector<std::uint64_t> particles(count);
  while (readers.size() < chunks.size()) {
    const std::size_t left = chunks.size() - readers.size();
    const std::size_t group = std::clamp(left / (kLastGroups * count), std::size_t{1}, largest);
    const auto to = std::min_element(particles.begin(), particles.end());
    for (std::size_t n = 0; n < group; ++n) {
      *to += chunks[readers.size()].count;
      readers.push_back(static_cast<int>(to - particles.begin()));
    }
  }
  return readers;
}

BatchFeed::BatchFeed(std::vector<Source> sources, const MassQuantum& quantum, std::size_t batch_particles,
                     Buffers& buffers)
    : sources_(std::move(sources)), quantum_(quantum), batch_particles_(batch_particles), buffers_(buffers) {
  skip_what_is_read();
  read_ahead();
}

void BatchFeed::skip_what_is_read() {
  while (source_ < sources_.size() && next_chunk_ == sources_[source_].chunks.size()) {
    reader_.reset();
    ++source_;
    next_chunk_ = 0;
  }
}

void BatchFeed::fill(Batch& batch) {
  batch.fingerprint = {};
  batch.chunks = 0;
  batch.coarse_mass = 0;
  batch.is_last = source_ == sources_.size();
  if (batch.is_last) return;  // there was nothing to read at all
  batch.source = source_;
  const std::vector<SnapshotChunk>& chunks = sources_[source_].chunks;
  if (!reader_) reader_.emplace(*sources_[source_].header);
  while (next_chunk_ < batch_end_) {
    batch.fingerprint.add(reader_->read(chunks[next_chunk_++], [&](auto positions, auto masses) {
      const std::size_t first = batch.particles.size();
      batch.particles.append(positions, masses, quantum_);
      for (std::size_t p = first; p < batch.particles.size(); ++p)
        batch.coarse_mass += batch.particles.quanta[p] >> kCoarseBits;
    }));
    ++batch.chunks;
  }
  skip_what_is_read();
  batch.is_last = source_ == sources_.size();
}

// The caller takes the memory: where nodes have several, it is then near the core that works on the particles.
void BatchFeed::read_ahead() {
  buffers_[filling_].particles.clear();
  if (source_ < sources_.size()) {
    const std::vector<SnapshotChunk>& chunks = sources_[source_].chunks;
    std::size_t particles = chunks[next_chunk_].count;
    batch_end_ = next_chunk_ + 1;
    while (batch_end_ < chunks.size() && particles + chunks[batch_end_].count <= batch_particles_)
      particles += chunks[batch_end_++].count;
    buffers_[filling_].particles.touch(particles);
  }
  reading_ = std::async(std::launch::async, [this] { fill(buffers_[filling_]); });
}

BatchFeed::Batch& BatchFeed::next() {
  assert(reading_.valid() && "the last batch has been handed out");
  reading_.get();
  Batch& ready = buffers_[filling_];
  filling_ = 1 - filling_;
  if (!ready.is_last) read_ahead();
  return ready;
}

}  // namespace lenswright
