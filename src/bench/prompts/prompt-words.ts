/**
 * The words of which made-up prompts consist: each is one token wherever we could check, so that a prompt of n words has
 * about n tokens in any tokenizer. Checked with gpt-tokenizer 4.0.0: one token each with a blank in front and without in
 * o200k_base, one token with a blank in front in cl100k_base, 512 tokens for all of them in a row in both. With the
 * emulator's tokenizer (pieces of 6 bytes) a test checks it.
 */

/** 512 common English words of at most 5 letters: 9 random bits choose one. */
export const promptWords: readonly string[] = (
  'able about act add again ago air along am among any apple are arm art ask away baby bad ball ' +
  'band bar basic be beat bed begin below best bill bit black blue boat body born both boy bread ' +
  'break bring build burn busy buy by came can cap card care case cat catch cell chair chart chief ' +
  'city civil class clean clip close cloth club coal coat cold come cook copy core cost count court ' +
  'crew cross cup cycle dance dark date deal deck depth desk diet do does done down draft dream ' +
  'drink drive dry due each early earn east eat edge eight empty end entry equal even ever every ' +
  'exist eye face fail fall false fast feel feet felt few fight fill film find fire firm fish five ' +
  'fix flat fleet floor fly focus food for force forth four frame fresh from fruit full fun gain ' +
  'gap gas gave gift girl glass goal gone got grade grand grass great group guard guess guide hair ' +
  'half hand hang hard hat have head heart heat held her here high hill hire hit hold home horse ' +
  'host hour how human idea if in input into issue item its join judge juice just key kick kind ' +
  'king labor lake land last laugh law layer leaf learn leave led leg less let life light like line ' +
  'lip list load loan lock look lose lost love low luck mail main make many map mark mass math ' +
  'maybe me mean meet men mid mile milk mine minor miss model money moon most motor mouse move ' +
  'movie music must name neck need never news next night no noise north nose note of off often old ' +
  'on one onto open order our out over own pace page paid paint panel paper part pass past pay ' +
  'peace phone pick piece pink pitch place plan plant plate plot plus pole poor pop pose power ' +
  'press prime prior proof pull push put quiet quite radio rain raise range rapid rare raw read ' +
  'ready red refer reply rice rich right rise risk road role roll room root rose round route rule ' +
  'rush sad said salt same save scale scene score sea see seek seen sell sense sent set shade shake ' +
  'shape share she shell shift shirt shoe shop short show side since sing site size skill sky slow ' +
  'small snow soft soil sold solid some song soon sound space speed sport staff stage stand start ' +
  'state steam steel step still stock stood store storm strip stuff style sun super sweet tail take ' +
  'tank taste tax team tell ten term test than that the then these they thing third this three thus ' +
  'tie tiny tip to tone too top touch tour town track trade train tree trial truck true truth tube ' +
  'turn type union unit up upon urban use used value very video visit vote wait walk want warm wash ' +
  'watch wave we wear well were west what when where while white whole why wide wild win wind wing ' +
  'wise wish woman women word world worth write yard yeah yes you young zero'
).split(' ')

/** Bits that choose a word. */
export const bitsPerWord = 9

/** Most letters of a word; with its blank it takes a byte more. */
export const longestWordLetters = 5
