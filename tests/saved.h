/* What version 0.1.0 wrote of a model, byte by byte: the header as it stands in
 * the file, and the numbers behind it, times 16. params[i] were
 * (i * 7 % 31 - 15) / 16, i counting as in memory; the vocabulary, "ab\n". */
static const char saved_header[] =
    "{\"__metadata__\":{\"format\":\"pt\",\"rnn.h\":\"1\",\"wiring\":\"n_to_m"
    "\",\"cell\":\"lstm\",\"input\":\"embedding\",\"input_size\":\"4\",\"embe"
    "dding_size\":\"2\",\"hidden_size\":\"2\",\"num_layers\":\"1\",\"bidirect"
    "ional\":\"1\",\"no_bias\":\"0\",\"output_size\":\"3\",\"target\":\"one_h"
    "ot\",\"target_size\":\"3\",\"target_embedding_size\":\"0\",\"decoder_hid"
    "den_size\":\"2\",\"decoder_layers\":\"1\",\"context\":\"last\",\"source_"
    "steps\":\"0\",\"context_size\":\"2\",\"feed\":\"1\",\"hand_over\":\"0\","
    "\"attention\":\"additive\",\"attention_size\":\"2\",\"head_context\":\"1"
    "\",\"num_sources\":\"1\",\"dropout_last\":\"0.2500000\",\"vocabulary\":"
    "\"61620a\"},\"emb_src.weight\":{\"dtype\":\"F32\",\"shape\":[4,2],\"data"
    "_offsets\":[0,32]},\"enc.weight_ih_l0\":{\"dtype\":\"F32\",\"shape\":[8,"
    "2],\"data_offsets\":[32,96]},\"enc.weight_hh_l0\":{\"dtype\":\"F32\",\"s"
    "hape\":[8,2],\"data_offsets\":[96,160]},\"enc.bias_ih_l0\":{\"dtype\":\""
    "F32\",\"shape\":[8],\"data_offsets\":[160,192]},\"enc.bias_hh_l0\":{\"dt"
    "ype\":\"F32\",\"shape\":[8],\"data_offsets\":[192,224]},\"enc.weight_ih_"
    "l0_reverse\":{\"dtype\":\"F32\",\"shape\":[8,2],\"data_offsets\":[224,28"
    "8]},\"enc.weight_hh_l0_reverse\":{\"dtype\":\"F32\",\"shape\":[8,2],\"da"
    "ta_offsets\":[288,352]},\"enc.bias_ih_l0_reverse\":{\"dtype\":\"F32\",\""
    "shape\":[8],\"data_offsets\":[352,384]},\"enc.bias_hh_l0_reverse\":{\"dt"
    "ype\":\"F32\",\"shape\":[8],\"data_offsets\":[384,416]},\"bridge.weight"
    "\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[416,448]},\"brid"
    "ge.bias\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[448,456]},"
    "\"att.W\":{\"dtype\":\"F32\",\"shape\":[2,2],\"data_offsets\":[456,472]}"
    ",\"att.U\":{\"dtype\":\"F32\",\"shape\":[2,4],\"data_offsets\":[472,504]"
    "},\"att.v\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[504,512]}"
    ",\"dec.weight_ih_l0\":{\"dtype\":\"F32\",\"shape\":[8,7],\"data_offsets"
    "\":[512,736]},\"dec.weight_hh_l0\":{\"dtype\":\"F32\",\"shape\":[8,2],\""
    "data_offsets\":[736,800]},\"dec.bias_ih_l0\":{\"dtype\":\"F32\",\"shape"
    "\":[8],\"data_offsets\":[800,832]},\"dec.bias_hh_l0\":{\"dtype\":\"F32\""
    ",\"shape\":[8],\"data_offsets\":[832,864]},\"out.weight\":{\"dtype\":\"F"
    "32\",\"shape\":[3,6],\"data_offsets\":[864,936]},\"out.bias\":{\"dtype\""
    ":\"F32\",\"shape\":[3],\"data_offsets\":[936,948]}}    ";

static const signed char saved_numbers[] = {
    -15, -8, -1, 6, 13, -11, -4, 3, 10, 4, -14, 11, -7, -13, 0, -6, 7, 1, 14, 8,
    -10, 15, -3, -9, -2, -8, 5, -1, 12, 6, -12, 13, -5, -11, 2, -4, 9, 3, -15,
    10, -14, -7, 0, 7, 14, -10, -3, 4, 11, -13, -6, 1, 8, 15, -9, -2, 5, -1, 12,
    6, -12, 13, -5, -11, 2, -4, 9, 3, -15, 10, -8, -14, -7, -13, 0, -6, 7, 1,
    14, 8, -10, 15, -3, -9, 4, -2, 11, 5, 12, -12, -5, 2, 9, -15, -8, -1, 6, 13,
    -11, -4, 3, 10, -14, -7, 0, 14, -3, 11, 7, -10, 4, -13, -6, 1, 8, -9, 15,
    -2, 5, -12, 2, -15, 12, -5, 9, -8, -1, 6, 13, 7, 1, -5, -11, 14, 8, -11, 14,
    8, 2, -4, -10, 15, -4, -10, 15, 9, 3, -3, -9, 3, -3, -9, -15, 10, 4, -2, 10,
    4, -2, -8, -14, 11, 5, -14, 11, 5, -1, -7, -13, 12, -7, -13, 12, 6, 0, -6,
    -12, 0, -6, -12, 13, 7, 1, -5, 2, -4, 9, 3, -15, 10, -8, -14, -1, -7, 6, 0,
    13, 7, -11, 14, -10, -3, 4, 11, -13, -6, 1, 8, 15, -9, -2, 5, 12, -12, -5,
    2, 9, -1, -11, 10, 0, -10, -15, 6, -4, -14, 7, -3, -8, 13, 3, -7, 14, 4, 11,
    -13, -6};
