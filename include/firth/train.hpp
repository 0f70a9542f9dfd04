#pragma once

/// Everything in `firth/train/`.

#include <firth/train/checkpoint.hpp>
#include <firth/train/cooccurrence_tiles.hpp>
#include <firth/train/cooccurrence_trainer.hpp>
#include <firth/train/divergence.hpp>
#include <firth/train/glove.hpp>
#include <firth/train/hierarchical_softmax.hpp>
#include <firth/train/hogwild.hpp>
#include <firth/train/negative_sampler.hpp>
#include <firth/train/negative_sampling.hpp>
#include <firth/train/pair_objective.hpp>
#include <firth/train/pair_optimizer.hpp>
#include <firth/train/prediction.hpp>
#include <firth/train/private_rows.hpp>
#include <firth/train/schedule.hpp>
#include <firth/train/sentence_worker.hpp>
#include <firth/train/sequence_loop.hpp>
#include <firth/train/sequence_trainer.hpp>
#include <firth/train/subsample.hpp>
#include <firth/train/trained_vectors.hpp>
#include <firth/train/training_state.hpp>
#include <firth/train/whole_words.hpp>
#include <firth/train/window_worker.hpp>
#include <firth/train/word2vec.hpp>
