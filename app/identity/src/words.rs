//! The words of friendly names. Removing or reordering one changes nobody's name: names are kept.

#[rustfmt::skip]
pub(crate) const ADJECTIVES: [&str; 100] = [
    "Airy", "Amber", "Ample", "Autumn", "Balmy", "Bold", "Brave", "Breezy", "Bright", "Brisk",
    "Calm", "Candid", "Cheerful", "Clear", "Clever", "Cosy", "Copper", "Crisp", "Curious", "Dapper",
    "Deft", "Dewy", "Eager", "Early", "Earnest", "Easy", "Fabled", "Fair", "Fancy", "Fleet",
    "Floral", "Fond", "Frosty", "Gentle", "Gilded", "Glad", "Golden", "Graceful", "Happy", "Hardy",
    "Hazel", "Honest", "Humble", "Jade", "Jolly", "Jovial", "Keen", "Kind", "Lively", "Lofty",
    "Lucid", "Lucky", "Lunar", "Mellow", "Merry", "Mild", "Minty", "Misty", "Modest", "Mossy",
    "Neat", "Nimble", "Noble", "Patient", "Peachy", "Placid", "Plucky", "Polite", "Proud", "Quick",
    "Quiet", "Ready", "Rosy", "Rustic", "Sage", "Serene", "Silken", "Silver", "Simple", "Smoky",
    "Snug", "Solar", "Spry", "Steady", "Still", "Stout", "Subtle", "Sunny", "Swift", "Tender",
    "Tidy", "Tranquil", "True", "Velvet", "Vivid", "Warm", "Wild", "Wise", "Witty", "Woven",
];

#[rustfmt::skip]
pub(crate) const NOUNS: [&str; 100] = [
    "Assam", "Badger", "Bee", "Bergamot", "Bramble", "Camellia", "Caravan", "Cardamom", "Ceylon",
    "Chai", "Chamomile", "Clover", "Cricket", "Crane", "Cup", "Darjeeling", "Deer", "Dolphin",
    "Dove", "Dragonfly", "Egret", "Ember", "Falcon", "Fern", "Finch", "Fox", "Frog", "Gecko",
    "Ginger", "Goose", "Hare", "Hedgehog", "Heron", "Hibiscus", "Honey", "Hoopoe", "Ibis",
    "Jackdaw", "Jasmine", "Kestrel", "Kettle", "Kingfisher", "Koala", "Ladybird", "Lantern", "Lark",
    "Lavender", "Leaf", "Lemon", "Linnet", "Lotus", "Lynx", "Magpie", "Marmot", "Marten", "Matcha",
    "Mole", "Moth", "Mug", "Newt", "Nightjar", "Nutmeg", "Oolong", "Oriole", "Osprey", "Otter", "Owl",
    "Panda", "Pebble", "Pekoe", "Pelican", "Plover", "Poppy", "Puffin", "Quail", "Rabbit", "Robin",
    "Rooibos", "Saffron", "Samovar", "Saucer", "Seal", "Sencha", "Shrew", "Sparrow", "Spoon",
    "Squirrel", "Starling", "Steam", "Stork", "Swallow", "Swan", "Teapot", "Thrush", "Thyme",
    "Tortoise", "Trout", "Vole", "Willow", "Wren",
];
