"""Domains of public mail providers: an address there says nothing about where somebody works."""

PUBLIC_DOMAINS = frozenset(
    """
    gmail.com googlemail.com
    outlook.com outlook.de outlook.fr outlook.es outlook.it outlook.jp outlook.co.uk outlook.com.br outlook.com.au outlook.in
    hotmail.com hotmail.co.uk hotmail.de hotmail.fr hotmail.it hotmail.es hotmail.ca hotmail.com.br hotmail.com.ar hotmail.nl
    live.com live.co.uk live.de live.fr live.it live.nl live.ca live.com.au live.com.mx live.be live.dk live.se live.no msn.com
    yahoo.com yahoo.co.uk yahoo.de yahoo.fr yahoo.it yahoo.es yahoo.ca yahoo.co.in yahoo.in yahoo.co.jp yahoo.com.br yahoo.com.ar
    yahoo.com.mx yahoo.com.au yahoo.com.sg yahoo.com.hk yahoo.com.tw yahoo.co.id yahoo.com.ph yahoo.com.vn ymail.com rocketmail.com
    aol.com aol.co.uk aol.de aim.com verizon.net
    icloud.com me.com mac.com
    proton.me protonmail.com protonmail.ch pm.me
    gmx.com gmx.de gmx.net gmx.at gmx.ch gmx.fr gmx.co.uk gmx.us web.de freenet.de t-online.de mail.de posteo.de posteo.net
    mailbox.org online.de arcor.de vodafone.de 1und1.de kabelmail.de unitybox.de email.de
    fastmail.com fastmail.fm hey.com tutanota.com tutanota.de tuta.io tuta.com keemail.me zoho.com zohomail.com zohomail.eu
    yandex.ru yandex.com ya.ru mail.ru bk.ru list.ru inbox.ru internet.ru rambler.ru
    qq.com foxmail.com 163.com 126.com yeah.net sina.com sina.cn sohu.com 139.com 189.cn aliyun.com vip.qq.com
    naver.com daum.net hanmail.net nate.com kakao.com
    orange.fr wanadoo.fr free.fr sfr.fr laposte.net bbox.fr neuf.fr numericable.fr
    libero.it virgilio.it alice.it tin.it tiscali.it fastwebnet.it email.it
    wp.pl o2.pl onet.pl interia.pl op.pl poczta.onet.pl gazeta.pl
    seznam.cz email.cz centrum.cz post.cz volny.cz azet.sk zoznam.sk centrum.sk freemail.hu citromail.hu abv.bg mail.bg
    ukr.net i.ua bigmir.net meta.ua
    bluewin.ch sunrise.ch hispeed.ch aon.at chello.at a1.net
    skynet.be telenet.be proximus.be ziggo.nl kpnmail.nl planet.nl home.nl xs4all.nl hetnet.nl upcmail.nl
    telia.com bredband.net spray.se online.no broadpark.no mail.dk jubii.dk stofanet.dk
    btinternet.com btopenworld.com sky.com virginmedia.com ntlworld.com blueyonder.co.uk talktalk.net tiscali.co.uk
    comcast.net att.net sbcglobal.net bellsouth.net cox.net charter.net earthlink.net optonline.net juno.com frontier.com
    rogers.com shaw.ca sympatico.ca telus.net videotron.ca
    uol.com.br bol.com.br terra.com.br ig.com.br globo.com
    rediffmail.com sify.com indiatimes.com
    bigpond.com bigpond.net.au optusnet.com.au iinet.net.au xtra.co.nz
    telefonica.net terra.es ono.com sapo.pt mail.telepac.pt
    walla.co.il walla.com 012.net.il bezeqint.net
    mail.com email.com usa.com post.com europe.com consultant.com engineer.com inbox.com lycos.com excite.com hushmail.com
    runbox.com mailfence.com startmail.com disroot.org riseup.net cock.li duck.com simplelogin.com anonaddy.com
    privaterelay.appleid.com mozmail.com
    mailinator.com guerrillamail.com 10minutemail.com tempmail.com temp-mail.org yopmail.com trashmail.com sharklasers.com
    maildrop.cc getnada.com dispostable.com throwawaymail.com
    """.split()  # noqa: SIM905 - a list of words
)


def is_public(domain: str) -> bool:
    """Whether anybody can have an address at a domain (canonical form), or at one below it."""
    labels = domain.split(".")
    return any(".".join(labels[start:]) in PUBLIC_DOMAINS for start in range(len(labels) - 1))
