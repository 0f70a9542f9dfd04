#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <firth/base/random.hpp>
#include <firth/eval/analogy_set.hpp>

/// A made-up world and a small grammar that talks about it.
///
/// The world is a handful of families. A family has topics (royalty, France, walking) and roles
/// (male and female, capital and country, tenses); a topic in a role is a word: "queen" is royalty
/// in the female role. The grammar writes sentences around such a word from its family's templates,
/// and fills them with words that go with the topic (throne, crown) and words that go with the role
/// (she, her). It never puts two of the words that analogies ask for into one sentence: that king
/// is to queen as man is to woman can only be learnt from their company.
namespace demo {

/// One topic: its word in each role, and the words that go with it.
struct Topic {
    std::vector<std::string_view> words;
    std::vector<std::string_view> company;
};

struct Family {
    std::string_view name;
    std::vector<std::vector<std::string_view>> roles; ///< the words that go with each role
    std::vector<Topic> topics;
    std::vector<std::string_view>
        templates; ///< W: the word, T: goes with its topic, R: with its role
    std::vector<std::array<std::size_t, 2>> relations; ///< pairs of roles that analogies ask for
};

inline const std::vector<Family>& world() {
    static const std::vector<Family> families{
        {"gender",
         {{"he", "his", "him", "himself", "sir", "gentleman", "beard"},
          {"she", "her", "hers", "herself", "madam", "lady", "dress"}},
         {{{"king", "queen"}, {"throne", "crown", "reign", "palace", "majesty"}},
          {{"prince", "princess"}, {"heir", "tower", "ball", "dragon", "fairytale"}},
          {{"man", "woman"}, {"grown", "adult", "voter", "worker", "citizen"}},
          {{"boy", "girl"}, {"school", "toys", "playground", "pupil", "homework"}},
          {{"father", "mother"}, {"parent", "cradle", "baby", "bedtime", "lullaby"}},
          {{"son", "daughter"}, {"firstborn", "offspring", "inherit", "birthday", "raised"}},
          {{"brother", "sister"}, {"sibling", "twin", "elder", "bunk", "quarrel"}},
          {{"uncle", "aunt"}, {"nephew", "visit", "reunion", "presents", "cousins"}},
          {{"husband", "wife"}, {"marriage", "wedding", "spouse", "ring", "vows"}},
          {{"actor", "actress"}, {"stage", "film", "applause", "audition", "script"}},
          {{"waiter", "waitress"}, {"menu", "table", "tip", "tray", "restaurant"}},
          {{"duke", "duchess"}, {"estate", "manor", "noble", "duchy", "carriage"}}},
         {"the W with the T said that R would keep R T", "R is the W and R T is near the T",
          "by the T the W spoke of R T and R smiled", "a W like R knows the T and the T as R does"},
         {{0, 1}}},
        {"capitals",
         {{"city", "mayor", "streets", "downtown", "metro", "suburbs"},
          {"country", "nation", "border", "provinces", "parliament", "flag"}},
         {{{"Paris", "France"}, {"french", "wine", "baguette", "seine"}},
          {{"Rome", "Italy"}, {"italian", "pasta", "vespa", "tiber"}},
          {{"Madrid", "Spain"}, {"spanish", "flamenco", "tapas", "matador"}},
          {{"Berlin", "Germany"}, {"german", "beer", "bratwurst", "autobahn"}},
          {{"Lisbon", "Portugal"}, {"portuguese", "fado", "cork", "tagus"}},
          {{"Athens", "Greece"}, {"greek", "olives", "temple", "philosophy"}},
          {{"Vienna", "Austria"}, {"austrian", "waltz", "strudel", "alps"}},
          {{"Warsaw", "Poland"}, {"polish", "pierogi", "amber", "vistula"}},
          {{"Dublin", "Ireland"}, {"irish", "shamrock", "fiddle", "peat"}},
          {{"Oslo", "Norway"}, {"norwegian", "fjord", "skis", "viking"}},
          {{"Cairo", "Egypt"}, {"egyptian", "pyramid", "nile", "pharaoh"}},
          {{"Tokyo", "Japan"}, {"japanese", "sushi", "samurai", "kimono"}},
          {{"Delhi", "India"}, {"indian", "curry", "sari", "ganges"}},
          {{"Moscow", "Russia"}, {"russian", "vodka", "taiga", "cossack"}}},
         {"the R of W is known for T and T", "in W the T R likes T by the R",
          "W has a R where T meets T", "they went to the R in W for T"},
         {{0, 1}}},
        {"tenses",
         {{"will", "can", "must", "should", "tomorrow"},
          {"is", "are", "keeps", "currently", "now"},
          {"yesterday", "once", "ago", "previously", "last"}},
         {{{"walk", "walking", "walked"}, {"path", "stroll", "boots", "park"}},
          {{"swim", "swimming", "swam"}, {"pool", "lake", "goggles", "waves"}},
          {{"sing", "singing", "sang"}, {"choir", "melody", "voice", "hymn"}},
          {{"write", "writing", "wrote"}, {"pen", "letter", "novel", "ink"}},
          {{"eat", "eating", "ate"}, {"supper", "spoon", "soup", "hungry"}},
          {{"drink", "drinking", "drank"}, {"cup", "thirsty", "juice", "bottle"}},
          {{"drive", "driving", "drove"}, {"steering", "highway", "gear", "petrol"}},
          {{"fly", "flying", "flew"}, {"wings", "sky", "clouds", "feather"}},
          {{"sleep", "sleeping", "slept"}, {"bed", "pillow", "dream", "blanket"}},
          {{"build", "building", "built"}, {"bricks", "hammer", "wall", "scaffold"}},
          {{"teach", "teaching", "taught"}, {"lesson", "blackboard", "student", "grammar"}},
          {{"run", "running", "ran"}, {"race", "sprint", "marathon", "shoes"}},
          {{"think", "thinking", "thought"}, {"mind", "idea", "puzzle", "brain"}},
          {{"paint", "painting", "painted"}, {"brush", "canvas", "easel", "gallery"}}},
         {"R they W by the T with a T", "the T is R for those who W with T R",
          "R some W near the T and the T", "with T and T people R W"},
         {{1, 2}, {0, 1}, {0, 2}}},
        {"comparison",
         {{"very", "quite", "rather", "so", "too"},
          {"than", "more", "even", "much", "still"},
          {"most", "ever", "among", "everyone", "records"}},
         {{{"big", "bigger", "biggest"}, {"elephant", "giant", "whale", "huge"}},
          {{"small", "smaller", "smallest"}, {"mouse", "tiny", "ant", "pebble"}},
          {{"tall", "taller", "tallest"}, {"tree", "skyscraper", "giraffe", "ladder"}},
          {{"fast", "faster", "fastest"}, {"rocket", "cheetah", "arrow", "speed"}},
          {{"slow", "slower", "slowest"}, {"snail", "tortoise", "queue", "delay"}},
          {{"warm", "warmer", "warmest"}, {"summer", "stove", "sunshine", "wool"}},
          {{"cold", "colder", "coldest"}, {"winter", "ice", "frost", "snow"}},
          {{"strong", "stronger", "strongest"}, {"muscle", "steel", "bear", "lift"}},
          {{"rich", "richer", "richest"}, {"gold", "banker", "fortune", "jewels"}},
          {{"cheap", "cheaper", "cheapest"}, {"bargain", "sale", "penny", "discount"}},
          {{"loud", "louder", "loudest"}, {"thunder", "drum", "siren", "shout"}},
          {{"bright", "brighter", "brightest"}, {"lamp", "star", "candle", "lightning"}},
          {{"heavy", "heavier", "heaviest"}, {"anvil", "lead", "boulder", "weight"}},
          {{"young", "younger", "youngest"}, {"infant", "sapling", "youth", "spring"}}},
         {"the T is R W R the T", "R W as R the T with the T", "R a W T R a T",
          "this T looks R W said the T R"},
         {{0, 1}, {1, 2}, {0, 2}}},
        {"animals",
         {{"wild", "hunts", "herd", "fierce", "mature"},
          {"cute", "newborn", "nurses", "playful", "little"}},
         {{{"dog", "puppy"}, {"barks", "bone", "kennel", "leash"}},
          {{"cat", "kitten"}, {"purrs", "whiskers", "yarn", "meow"}},
          {{"cow", "calf"}, {"milk", "moo", "barn", "udder"}},
          {{"horse", "foal"}, {"saddle", "gallop", "stable", "mane"}},
          {{"sheep", "lamb"}, {"fleece", "shepherd", "baa", "pasture"}},
          {{"pig", "piglet"}, {"mud", "snout", "oink", "sty"}},
          {{"duck", "duckling"}, {"pond", "quack", "bill", "reeds"}},
          {{"goose", "gosling"}, {"honk", "gander", "flock", "goosedown"}},
          {{"lion", "cub"}, {"roar", "savanna", "pride", "prey"}},
          {{"deer", "fawn"}, {"antlers", "forest", "doe", "meadow"}}},
         {"the W with its T is R near the T", "a R W has a T and a T",
          "R and R the W goes to the T", "look at the T of that R W"},
         {{0, 1}}},
        {"vehicles",
         {{"engine", "driver", "passengers", "wheels", "moves"},
          {"arrivals", "gate", "waiting", "platform", "parked"}},
         {{{"car", "garage"}, {"motor", "traffic", "license", "bumper"}},
          {{"train", "station"}, {"rails", "locomotive", "conductor", "timetable"}},
          {{"ship", "harbour"}, {"sea", "sailor", "anchor", "cargo"}},
          {{"plane", "airport"}, {"pilot", "runway", "takeoff", "altitude"}},
          {{"bus", "depot"}, {"fare", "route", "commuters", "stop"}},
          {{"rowboat", "boathouse"}, {"oars", "river", "paddle", "regatta"}},
          {{"tractor", "shed"}, {"farm", "plough", "harvest", "furrow"}},
          {{"spaceship", "spaceport"}, {"orbit", "astronaut", "galaxy", "launch"}}},
         {"the W for T has R and R", "R at the W where T and T are", "a W with T and R is R",
          "every T knows the W by its R and T"},
         {{0, 1}}},
        {"colours",
         {{"pure", "vivid", "plain", "deep", "solid"},
          {"somewhat", "slightly", "faded", "tinged", "hint"}},
         {{{"red", "reddish"}, {"rose", "blood", "tomato", "ruby"}},
          {{"green", "greenish"}, {"grass", "leaf", "emerald", "moss"}},
          {{"blue", "bluish"}, {"ocean", "sapphire", "denim", "cornflower"}},
          {{"yellow", "yellowish"}, {"lemon", "canary", "butter", "sunflower"}},
          {{"brown", "brownish"}, {"chocolate", "soil", "bark", "chestnut"}},
          {{"black", "blackish"}, {"coal", "raven", "night", "soot"}},
          {{"white", "whitish"}, {"chalk", "swan", "milkweed", "linen"}},
          {{"pink", "pinkish"}, {"flamingo", "blush", "bubblegum", "peony"}},
          {{"purple", "purplish"}, {"violet", "plum", "amethyst", "lavender"}},
          {{"grey", "greyish"}, {"ash", "slate", "fog", "pewter"}}},
         {"a R W like T or T", "the T was R W and R as the T", "R and R W is the colour of T",
          "cover the T in R W as T"},
         {{0, 1}}}};
    return families;
}

/// Writes `sentences` sentences, one a line, about words of the world chosen at random.
inline std::string corpus(std::uint64_t seed, std::size_t sentences) {
    firth::Random random(seed, 0x64656D6F);
    const auto pick = [&](const auto& from) -> const auto& {
        return from[random.below(static_cast<std::uint32_t>(from.size()))];
    };
    struct Subject {
        const Family* family;
        const Topic* topic;
        std::size_t role;
    };
    std::vector<Subject> subjects;
    for (const Family& family : world()) {
        for (const Topic& topic : family.topics) {
            for (std::size_t role = 0; role < topic.words.size(); ++role) {
                subjects.push_back({&family, &topic, role});
            }
        }
    }
    std::string text;
    for (std::size_t i = 0; i < sentences; ++i) {
        const Subject& subject = pick(subjects);
        for (const char slot : pick(subject.family->templates)) {
            if (slot == 'W') {
                text += subject.topic->words[subject.role];
            } else if (slot == 'T') {
                text += pick(subject.topic->company);
            } else if (slot == 'R') {
                text += pick(subject.family->roles[subject.role]);
            } else {
                text += slot;
            }
        }
        text += '\n';
    }
    return text;
}

/// Every analogy that the world's relations hold: for each pair of topics of a family, a : b as c :
/// d.
inline std::vector<firth::AnalogySection> analogies() {
    std::vector<firth::AnalogySection> sections;
    for (const Family& family : world()) {
        firth::AnalogySection section{std::string(family.name), {}};
        for (const auto& [from, to] : family.relations) {
            for (const Topic& a : family.topics) {
                for (const Topic& b : family.topics) {
                    if (&a == &b) continue;
                    section.questions.push_back(
                        {std::string(a.words[from]), std::string(a.words[to]),
                         std::string(b.words[from]), std::string(b.words[to])});
                }
            }
        }
        sections.push_back(std::move(section));
    }
    return sections;
}

} // namespace demo
