"""The words that arguments turn on: opposites, words that say the same, kinds that exclude each other."""

POLES = """
guilty culpable | innocent guiltless blameless
safe harmless secure | dangerous risky hazardous unsafe perilous deadly
increase raise rise grow climb boost expand | decrease reduce lower fall drop sink decline shrink cut diminish
succeed | fail
success | failure
pass | fail flunk
true correct accurate valid right | false untrue incorrect wrong mistaken inaccurate invalid
good well beneficial excellent great | bad badly evil terrible poor poorly awful ill
even | odd
prime | composite
legal lawful | illegal unlawful criminal
alive living survive live | dead die perish
open | shut close closed
present attend | absent miss
accept welcome approve take embrace adopt | reject refuse decline disapprove rebuff turn-down
support favour favor back endorse advocate champion defend for | oppose reject against condemn attack resist
help protect benefit improve aid serve save spare | harm hurt damage worsen endanger injure destroy ruin
helpful beneficial good | harmful damaging detrimental bad
benefit advantage good merit gain | harm drawback disadvantage damage cost loss
strong robust powerful | weak feeble frail fragile
rich wealthy affluent | poor destitute
hot warm | cold cool
full packed crowded | empty vacant deserted
easy simple | hard difficult complicated complex
like love enjoy | dislike hate loathe detest
win | lose
gain earn profit | lose
winner | loser
useful valuable | useless worthless pointless
careful cautious | careless reckless
honest truthful sincere | dishonest lying deceitful liar
cheap inexpensive affordable | expensive costly dear
early | late
before | after
remember recall | forget
keep retain preserve hold honour fulfil | break violate betray abandon
keep hide conceal withhold protect suppress secret | reveal disclose tell show expose publish share admit
know aware | ignorant unaware
obey follow comply | disobey defy ignore flout refuse
stand remain survive | collapse crumble
conscious awake | unconscious asleep coma
voluntary free willing | forced coerced involuntary compelled unwilling
deliberate intentional purpose purposely intentionally deliberately | accident accidental accidentally unintentional
cause produce create lead bring trigger | prevent avert stop hinder
encourage promote foster | discourage deter prevent hinder undermine
include contain | exclude omit lack
stay remain | leave depart
push | pull
attract | repel
strengthen reinforce | weaken undermine
same equal identical equally | different unequal differ
public | private
natural | artificial
large big huge great vast | small little tiny slight
high tall | low short
long | short brief
wide broad | narrow
deep | shallow
steep | flat gentle
fast quick rapid | slow
heavy | light
many numerous | few
much | little
more | less fewer
most majority | minority few
old aged ancient | young
old | new modern recent
hard | soft
wet | dry
clean | dirty polluted contaminated
peaceful peace | violent war
friend ally | enemy foe
friendly kind | hostile unkind cruel
kind gentle humane compassionate merciful | cruel brutal merciless
just fair equitable | unjust unfair biased
brave courageous | cowardly timid
wise sensible prudent smart clever reasonable rational | foolish stupid unwise absurd irrational unreasonable
calm | angry nervous
happy glad content | sad unhappy miserable
healthy well | sick ill unhealthy
guilt | innocence
certain sure certainly | uncertain doubtful unsure
likely probable | unlikely improbable
permanent lasting | temporary
visible | invisible hidden
important essential vital crucial relevant significant | unimportant irrelevant trivial negligible insignificant
matter count | irrelevant trivial
necessary needed indispensable essential | unnecessary superfluous dispensable
sufficient enough adequate | insufficient inadequate
common frequent widespread usual | rare uncommon unusual scarce
often frequently usually regularly mostly | rarely seldom hardly
always | sometimes
above | below beneath
ahead | behind
positive | negative
maximum | minimum
add plus | subtract minus
confirm support | contradict
multiply | divide
up upward upwards | down downward downwards
inside indoors indoor | outside outdoors outdoor
responsible accountable liable answerable | blameless
deserve earn | undeserving
respect honour | disrespect insult violate
respect value | despise scorn
trust | distrust mistrust
believe | doubt disbelieve
prove confirm show establish demonstrate | disprove refute
admit acknowledge confess concede | deny
allow permit let | forbid prohibit ban
praise | blame criticise criticize
reward | punish
equal equality | inequality
free liberty | captive slave
wealth prosperity | poverty
order | chaos disorder
truth | lie falsehood
virtue | vice
courage | cowardice
love | hatred
married | single unmarried
lit on | off
finish complete | unfinished incomplete
spend | save
sink | float
obvious clear plain | obscure unclear doubtful
objective neutral impartial | subjective biased partial
effective work function | ineffective useless malfunction
efficient | inefficient wasteful
loyal faithful | disloyal unfaithful treacherous
selfish | selfless altruistic unselfish
moral ethical | immoral unethical
real genuine authentic original | fake forged forgery imaginary counterfeit
renewable | finite
binding valid | void invalid
profit surplus | loss deficit
constant fixed stable unchanged | changing variable unstable changed
identical alike | different
united together | divided apart separate
near close | far distant
generous | stingy greedy mean
urgent | unhurried
proud | ashamed
sober | drunk
upstairs | downstairs
forward | backward
sweet | bitter sour
sharp | blunt
rough | smooth
thick | thin
straight | curved crooked bent
cooked | raw
loud noisy | quiet silent
bright | dark dim
fresh | stale rotten
broken | intact whole
innovate progress advance | decline regress
victory | defeat
ascend | descend
abundant plentiful ample | scarce meager
danger peril risk | safety
strength | weakness
pride arrogance | humility
joy happiness | sorrow sadness misery
hope | despair
intelligence | stupidity
wisdom | folly
difficulty | ease
acceptance approval | rejection refusal disapproval
improvement | decline deterioration
exterior external outer outward | interior internal inner inward
foreign | domestic native
local | national global
international | national
general universal | particular specific
physical material bodily | mental spiritual
rural | urban
conservative | liberal progressive
religious | secular
gradual slow | sudden abrupt
intense severe acute | mild slight
constructive | destructive
superior | inferior
direct | indirect inverse
explicit | implicit
abstract theoretical | concrete practical empirical
qualitative | quantitative
beautiful pretty attractive | ugly hideous repulsive
bold brave | timid shy
humble modest | proud arrogant boastful
virtuous decent noble | wicked vicious
serious | frivolous
literal | figurative metaphorical
active busy | passive idle inactive
automatic | manual
amateur | professional
junior | senior
spoken oral | written
tame | wild
relaxed | tense
loose | tight
tough | tender
fat | thin lean
abolish scrap repeal | establish introduce
persuade convince | dissuade
simplify | complicate
resist | surrender yield succumb
ignore neglect | notice heed
ignore | know
approve | disapprove veto
mild lenient | harsh strict severe
strict | lax
convergent converge | divergent diverge
perpendicular | parallel
horizontal | vertical
numerator | denominator
interior | boundary
isosceles equilateral | scalene
terminate finite | recur endless
clockwise | anticlockwise counterclockwise
symmetric symmetrical | asymmetric lopsided
curable treatable | incurable fatal
edible | poisonous
harmless | toxic poisonous
mortal | immortal eternal
transparent | opaque
solid | liquid
frozen | liquid
occupied taken | free vacant
paid | unpaid owing
born | unborn
solved | unsolved open
settled decided | undecided open
reversible | permanent final
punctual | late
sane | mad insane
educated | ignorant
native | immigrant
credible trustworthy reliable | incredible unreliable dubious
original | copy copied plagiarised stolen
voluntarily | compulsorily
gift | loan
borrowed | stolen
suicide | murder
murder | accident
promised | refused
refuse | consent agree
consent | objection
object protest | agree consent approve
survivor | victim
defended | betrayed
victim | culprit perpetrator
trustworthy | liar
ally | rival
receive get obtain gain | give
pleasure joy | pain suffering
owner owns own possess belong | lack
exist | nonexistent extinct
"""
"""Pairs of opposites, a line each: what stands at the one end, what at the other."""

SAME = """child kid|get receive obtain|buy purchase|car automobile|begin start|finish end complete|big large
pay cost spend|say state|happen occur|job work|doctor physician|picture image|remain left leave stay remaining
contain hold carry|need require|make equal give yield total|drive travel|walk stroll|company firm|pupil student
shop store|teacher instructor|speak talk|money cash|road street|film movie|answer result|house home|make produce
weigh weight|mistake error|ill sick|reach climb|throw toss|join enter|allow let permit|see witness notice
find discover|take need last|people person|employ hire|sell offer|wrong mistaken|amount sum|proof evidence
everybody everyone|lie deceive|kill murder|steal rob|price cost|fix repair|law rule|use apply|eat consume
own have possess|meet gather|write compose|sign signature"""
"""Words that say the same in an argument."""

EXCLUSIVE = """red blue green yellow black white brown grey gray orange purple pink
monday tuesday wednesday thursday friday saturday sunday
january february march april the-may june july august september october november december
spring summer autumn winter
north south east west
northern southern eastern western
morning noon afternoon evening night
add subtract multiply divide
sum difference product quotient
perimeter area volume
acute obtuse
linear quadratic cubic exponential
mean median mode
mammal bird fish reptile insect amphibian
planet star moon comet
solid liquid gas
fruit vegetable
hydrogen oxygen nitrogen carbon helium
atlantic pacific indian arctic
africa europe asia america australia
square circle triangle pentagon hexagon rectangle
wood metal glass plastic stone paper iron steel gold silver copper
car bus train bicycle bike plane ship boat
brother sister mother father son daughter uncle aunt cousin
french german english spanish italian russian chinese japanese dutch polish
left right middle
plus minus times
first second third fourth fifth sixth seventh eighth ninth tenth last
suicide murder accident
adult child
man woman
boy girl
male female
teacher pupil
buyer seller
husband wife
ceramic wooden metallic
coffee tea milk water wine beer
apple pear plum cherry lemon
"""
"""Kinds, a line each, of which a thing is one."""
