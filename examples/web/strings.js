"use strict";

/* All that the page says, in its two languages. {name} stands for a value. */
const strings = {
  en: {
    title: "Recurrent networks that learn while you watch",
    other: "中文",
    intro: "Each picture below is a network that trains in this page, in " +
      "the order of the article “A completely illustrated guide to RNNs”. " +
      "Press Start. An orange square is a number above zero, a blue disc " +
      "one below; the larger, the further from it. Point at a box to see " +
      "one unit and its gates over the steps.",
    made: "Nothing is loaded from elsewhere: rnn.h, a library in C, is " +
      "compiled into this file. A network that is scrolled out of sight pauses.",
    old: "This browser has no WebAssembly with SIMD, or cannot unpack gzip: " +
      "any of 2023 or later does.",
    start: "Start", pause: "Pause", step: "One update", again: "Begin again",
    cell: "cell", f: "f", hidden: "hidden size", lr: "learning rate",
    seed: "seed", speed: "speed", how: "x enters", unit: "unit",
    part: "of", moment: "step",
    speeds: ["2 updates a second", "1 update a frame", "as fast as it goes"],
    cells: ["tanh", "ReLU", "GRU", "GRU, reset before", "LSTM",
      "LSTM, peepholes"],
    fs: ["identity", "tanh", "ReLU", "sigmoid"],
    hows: ["at the first step", "at every step", "as the state h0"],
    into: "c enters", intos: ["as the state s0", "at every step"],
    price: "share of the encoder's W lost at each update",
    status: "update {n}, loss {loss}, right {right}",
    status2: "update {n}, loss {loss} and {loss2}",
    began: "{name}: training", stopped: "{name}: paused at update {n}, loss" +
      " {loss}", ready: "{name}: not yet trained",
    failed: "This network cannot go on: its numbers have become infinite. A " +
      "smaller learning rate helps.",
    settings: "settings", loss: "loss", updates: "updates",
    lossTitle: "loss, by updates",
    formula: "What is being computed",
    over: "Unit {u} over the steps",
    keys: "Left and right arrows choose a step, up and down a unit.",
    picture: "{name}, drawn unrolled",
    bits: "The bits",
    bitsText: "Losses and parameters up to update {n} have the hash {hash}. " +
      "The program that make web leaves beside this page prints the same:",
    unknown: "Not in the vocabulary: {words}",
    tooLong: "At most {n} are read.",
    encoder: "encoder h", decoder: "decoder s", stack: "h",
    single: {
      name: "1. A single layer",
      lead: "One arrow of the pictures: y = f(Wx + b). It has to say on " +
        "which side of a hidden line a point lies. The colour of the plane " +
        "is its y everywhere; watch the line turn until squares and discs " +
        "are apart.",
      x1: "x, to the right", x2: "x, upwards",
      plane: "plane of x, coloured by y" },
    many: {
      name: "2. N vs N",
      lead: "At every step a letter goes in and the next one comes out: " +
        "each y is a softmax over letters, its ring the probability. U, W, " +
        "V, b and c are the same at all steps.",
      input: "it reads", written: "What it writes, a letter at a time, while" +
        " it learns (the number is the update)" },
    one: {
      name: "3. N vs 1",
      lead: "A sentence goes in, one verdict comes out, from the last h " +
        "alone. Below, each word has the colour of what the network would " +
        "say if the sentence ended there. A negation turns round what " +
        "follows; after “but” the other side counts. “Right” is the share " +
        "of new sentences.",
      input: "sentence", good: "for", bad: "against",
      words: "words that it knows", verdict: "it says" },
    tune: {
      name: "4. 1 vs N",
      lead: "One x goes in, a sequence comes out: x is a number for each of " +
        "four old tunes, the columns above are the softmax over pitches at " +
        "each step. The network learns them by heart; mix two, and it plays " +
        "something between.",
      a: "tune", b: "mixed with", mix: "share of the second",
      play: "Play", stop: "Stop",
      tunes: ["Twinkle, twinkle", "Frère Jacques", "Ode to Joy",
        "Au clair de la lune"] },
    both: {
      name: "5. N vs M",
      lead: "Letters go in and must come out from the last to the first. " +
        "Two networks learn from the same batches: in one the only way " +
        "across is c = h_N, a vector of fixed length; the other may look " +
        "back at every h_j. Accuracy is measured on new sequences, some " +
        "longer than any in training.",
      input: "sequence, of a to h", last: "c = h_N", attention: "attention",
      share: "letters right", length: "length of the sequence",
      learnt: "learnt up to here" },
    china: {
      name: "6. Attention",
      lead: "Chinese to English. For each word i the decoder asks every h_j " +
        "how much it matters: a_ij, the lines and the table. 我爱中国 itself " +
        "is never learnt. China needs both 中 and 国, since 中文 and 法国 are " +
        "words, too. But a state that knows what stood before it needs one " +
        "look alone; so memory has a price here: W loses a share at each " +
        "update. At 0%, or with a cell that has gates, most seeds look at " +
        "one character.",
      input: "Chinese", output: "English",
      words: "characters that it knows", weights: "a_ij: which characters" +
        " each word looks at" }
  },
  zh: {
    title: "看着循环神经网络学习",
    other: "English",
    intro: "下面每张图里的网络都是真正在本页中训练的，次序与文章《完全图解" +
      "RNN、RNN变体、Seq2Seq、Attention机制》相同。按“开始”即可。橙色方块是" +
      "正数，蓝色圆点是负数，越大离零越远。把鼠标移到方框上，可以看到一个单" +
      "元和它的门如何随时间变化。",
    made: "本页不从别处加载任何东西：C语言库rnn.h已编译在这个文件里。滚动到" +
      "视野之外的网络会暂停训练。",
    old: "这个浏览器不支持WebAssembly的SIMD或gzip解压：请用2023年以后的版本。",
    start: "开始", pause: "暂停", step: "更新一次", again: "重新开始",
    cell: "单元类型", f: "f", hidden: "隐状态大小", lr: "学习率",
    seed: "随机种子", speed: "速度", how: "x的输入方式", unit: "单元序号",
    part: "所属", moment: "时间步",
    speeds: ["每秒更新2次", "每帧更新1次", "尽可能快"],
    cells: ["tanh", "ReLU", "GRU", "GRU（先重置）", "LSTM", "LSTM（窥孔）"],
    fs: ["恒等", "tanh", "ReLU", "sigmoid"],
    hows: ["只在第一步", "在每一步", "作为初始状态h0"],
    into: "c的输入方式", intos: ["作为初始状态s0", "在每一步"],
    price: "每次更新时编码器W衰减的比例",
    status: "更新{n}次，损失{loss}，正确率{right}",
    status2: "更新{n}次，损失{loss}和{loss2}",
    began: "{name}：正在训练", stopped: "{name}：暂停在第{n}次更新，损失{loss}",
    ready: "{name}：尚未训练",
    failed: "这个网络无法继续：数值已变成无穷大。请减小学习率。",
    settings: "设置", loss: "损失", updates: "更新次数",
    lossTitle: "损失随更新次数的变化",
    formula: "正在计算的公式",
    over: "第{u}个单元随时间步的变化",
    keys: "左右方向键选择时间步，上下方向键选择单元。",
    picture: "{name}，按时间展开",
    bits: "逐位相同",
    bitsText: "到第{n}次更新为止，所有损失与参数的哈希值是{hash}。make web在" +
      "本页旁边生成的程序会打印同样的值：",
    unknown: "不在词汇表里：{words}",
    tooLong: "最多读{n}个。",
    encoder: "编码器h", decoder: "解码器s", stack: "h",
    single: {
      name: "一、单层网络",
      lead: "图中的一个箭头就是 y = f(Wx + b)。它要判断一个点在一条看不见的" +
        "线的哪一侧。平面的颜色是各处的y；看这条线转动，直到把方块和圆点分开。",
      x1: "x，向右", x2: "x，向上", plane: "x平面，颜色表示y" },
    many: {
      name: "二、N vs N",
      lead: "每一步输入一个字母，输出下一个字母：每个y是在所有字母上做的softmax，圆" +
        "环表示概率。所有步骤共享同样的U、W、V、b、c。",
      input: "读入", written: "它一边学，一边逐字写出（数字是更新次数）" },
    one: {
      name: "三、N vs 1",
      lead: "输入一个句子，只从最后一个h输出一个判断。下面每个词的颜色，是假" +
        "如句子到此为止网络会说什么。否定词把后面的意思反过来；“but”之后的一" +
        "半才算数。正确率是在新句子上的。",
      input: "句子", good: "好评", bad: "差评",
      words: "它认识的词", verdict: "判断" },
    tune: {
      name: "四、1 vs N",
      lead: "输入一个x，输出一个序列：x有四个分量，每首老歌对应一个，上方各列是每一" +
        "步对音高的softmax。网络把它们背下来；把两首混合，它会奏出介于其间的" +
        "旋律。",
      a: "曲子", b: "混入", mix: "第二首的比例",
      play: "播放", stop: "停止",
      tunes: ["小星星", "两只老虎", "欢乐颂", "在月光下"] },
    both: {
      name: "五、N vs M",
      lead: "输入一串字母，再从后往前逐个输出。两个网络用同样的数据" +
        "学：一个只能通过固定长度的向量c = h_N；另一个可以回头看每个h_j。正" +
        "确率在新序列上测量，其中有些比训练时的更长。",
      input: "序列，字母a到h", last: "c = h_N", attention: "注意力",
      share: "字母正确率", length: "序列长度", learnt: "训练时最长到这里" },
    china: {
      name: "六、Attention机制",
      lead: "中译英。对每个词i，解码器问每个h_j有多重要：a_ij就是那些连线和" +
        "表格。“我爱中国”这一句从未学过。China需要“中”和“国”两个字，因为还" +
        "有“中文”和“法国”。但状态若记得前一个字，看一眼就够了；所以这里记忆有" +
        "代价：每次更新后W都衰减一点。若设为0%，或换成带门的单元，用多数随机种" +
        "子训练出来的网络只看一个字。",
      input: "中文", output: "英文",
      words: "它认识的字", weights: "a_ij：每个词在看哪些字" }
  }
};

/* English words of section 3, in Chinese, below the picture's words. */
const gloss = {
  the: "", was: "是", I: "我", but: "但是", and: "而且", although: "虽然",
  never: "从不", doubt: "怀疑", think: "认为", that: "", not: "不",
  hardly: "几乎不", very: "很", so: "这么", food: "饭菜", room: "房间",
  film: "电影", music: "音乐", story: "故事", view: "风景", book: "书",
  end: "结尾", good: "好", great: "极好", lovely: "可爱", nice: "不错",
  clever: "聪明", charming: "迷人", bad: "坏", awful: "糟糕", boring: "无聊",
  dull: "乏味", poor: "差", ugly: "难看", liked: "喜欢", loved: "爱",
  enjoyed: "享受", hated: "讨厌", disliked: "不喜欢", regretted: "后悔"
};
