#pragma once

/// Everything in `firth/train/`.

#include <firth/train/hogwild.hpp>
#include <firth/train/negative_sampler.hpp>
#include <firth/train/schedule.hpp>
#include <firth/train/sequence_trainer.hpp>
#include <firth/train/sgns.hpp>
#include <firth/train/subsample.hpp>
