"""Words that `sparkcls.bench.texts` makes its texts of."""

#: Common words first: how often a word comes falls with its place, as in real text.
COMMON = """
the of and to a in is it that was for on with as this but be film are not have his he at by one from you
they or an all so who movie about out if has just more some like good up what their when can there time no my would
very story which even only really see well we were had than she into been much get other do will people first because
her most how don't make its also too great made character after them him way could think any never did many watch life
plot off love being over where best know end seen still these two then company scene new year market say shares price
government percent report world week team game president million oil United States Monday Friday deal quarter profit
court police minister election season coach player win home group plan system software search computer service phone
network security internet space drug study bank dollar trade investor growth rate cut rise fall lead high low strong
weak early late big small young old local public music director actor script comedy drama horror funny bad boring worst
awful excellent wonderful beautiful terrible perfect brilliant dull stupid simple real true nothing everything something
someone little long book series episode part back work play family woman man child house car city country war death
money power school night day hour minute face eye hand head heart mind body voice light dark
"""
#: Rarer words are a stem, a root and an ending; tokenizers cut most of them into pieces.
STEMS = """
over under inter counter micro hyper semi trans pseudo sub auto neo melo sur ultra retro photo bio geo
electro
"""
ROOTS = """
pay market play work stat form press light port mark screen ground line dram sens charm plot cast pace
vision
"""
ENDINGS = "s ed ing ly er ness able ism ation ful less ists"
NAMES = """
Ashford Bellweather Castellane Dunmore Eberhart Fitzwalter Grigoryan Hallstrom Ibarra Jankowski Kowalczyk
Lindqvist Marchetti Nakagawa Okonkwo Petrov Quintero Rasmussen Szymanski Takahashi Ulrich Vandermeer Weatherby Xiang
Yamamoto Zielinski
"""
