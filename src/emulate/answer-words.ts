/** The words of which answers are made: each with a blank in front is exactly one token of the emulator's tokenizer. */

/** 256 English words of at most 5 letters, so that 8 random bits choose one. */
export const answerWords: readonly string[] = (
  'a able about above act add after again age ago air all along also am among an and any apart are ' +
  'area arm art as ask at away back bad ball bank bar base be bear beat bed begin best big bird bit ' +
  'black block blood blow blue board boat body bone book both box boy bring build burn bus busy but ' +
  'buy by call calm came camp can car card care carry case cat catch cause cell chain chair check ' +
  'chief child city claim class clean clear clock close cloud coal coast coat code cold color come ' +
  'cook cool copy corn cost count court cover cross cry cup cut dance dark data day deal deep desk ' +
  'door down draw dream dress drink drive drop dry dust each ear early earth east easy eat edge egg ' +
  'eight end enemy enjoy enter equal even event ever every exact eye face fact fair fall farm fast ' +
  'fear feed feel few field fight fill final find fine fire first fish five flat floor flow fly food ' +
  'foot for force form four free fresh from front fruit full fund game gas gate gave get gift girl ' +
  'give glass go goal gold good grass gray great green group grow guard guess guide had hair half ' +
  'hall hand hang happy hard have he head hear heart heat heavy held help her here high hill him his ' +
  'hit hold hole home hope horse hot hotel hour house how human hurry ice idea if in inch iron is it ' +
  'item job join judge jump'
).split(' ')
