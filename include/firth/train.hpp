#pragma once

/// Everything in `firth/train/` but `counts/lsa.hpp`, which needs Eigen.

#include <firth/train/classify/example_rows.hpp>
#include <firth/train/classify/example_worker.hpp>
#include <firth/train/classify/label_outputs.hpp>
#include <firth/train/classify/train_classifier.hpp>
#include <firth/train/counts/association.hpp>
#include <firth/train/counts/cooccurrence_tiles.hpp>
#include <firth/train/counts/cooccurrence_trainer.hpp>
#include <firth/train/counts/glove.hpp>
#include <firth/train/counts/lsa_options.hpp>
#include <firth/train/counts/pair_objective.hpp>
#include <firth/train/counts/pair_optimizer.hpp>
#include <firth/train/run/checkpoint.hpp>
#include <firth/train/run/divergence.hpp>
#include <firth/train/run/hogwild.hpp>
#include <firth/train/run/private_rows.hpp>
#include <firth/train/run/schedule.hpp>
#include <firth/train/run/table_sharing.hpp>
#include <firth/train/run/trained_vectors.hpp>
#include <firth/train/run/training_run.hpp>
#include <firth/train/run/training_state.hpp>
#include <firth/train/sequence/fasttext.hpp>
#include <firth/train/sequence/hierarchical_softmax.hpp>
#include <firth/train/sequence/negative_sampler.hpp>
#include <firth/train/sequence/negative_sampling.hpp>
#include <firth/train/sequence/output_sampler.hpp>
#include <firth/train/sequence/prediction.hpp>
#include <firth/train/sequence/sentence_worker.hpp>
#include <firth/train/sequence/sequence_loop.hpp>
#include <firth/train/sequence/sequence_trainer.hpp>
#include <firth/train/sequence/subsample.hpp>
#include <firth/train/sequence/subwords.hpp>
#include <firth/train/sequence/whole_words.hpp>
#include <firth/train/sequence/window_worker.hpp>
#include <firth/train/sequence/word2vec.hpp>
