"""Names that links begin with, over all Wikipedias.

A dump's head gives its own wiki's names, without the aliases; these lists hold what editors write besides, and serve
where the head is missing or another wiki's. A name of one language means nothing else in others: one list serves all.
"""

from __future__ import annotations

from typing import Final

FILE_NAMES: Final = frozenset(
    """
    file|image|media|datei|bild|medium|fichier|archivo|imagen|ficheiro|arquivo|imagem|immagine|bestand|afbeelding|plik|
    grafika|файл|изображение|картинка|зображення|выява|слика|датотека|датотека/слика|картина|soubor|obrázok|súbor|datoteka|
    slika|fil|billede|fájl|kép|fișier|fişier|imagine|αρχείο|εικόνα|ファイル|画像|文件|檔案|档案|图像|圖像|파일|그림|ملف|صورة|
    پرونده|تصویر|קובץ|תמונה|चित्र|फ़ाइल|চিত্র|படிமம்|దస్త్రం|బొమ్మ|ಚಿತ್ರ|പ്രമാണം|ചിത്രം|ไฟล์|ภาพ|tập tin|hình|berkas|gambar|imej|
    dosya|resim|şəkil|fayl|სურათი|ფაილი|պատկեր|fails|attēls|vaizdas|pilt|tiedosto|kuva|mynd|skrá|fitxer|imatge|irudi|fitxategi|
    imaxe|íomhá|delwedd|restr|skeudenn|dosiero|lêer|beeld|skedë|figura|skeda|lêne|wêne|талаптар|сурет|рәсем|файл|төрөл|
    fichièr|imatge|fasciculus|imago|payl|talaksan|picha|faili|àwòrán|ŋɔŋɔ|ffeil|bilde|fíll|immaggini|imàgine|plaetje|
    dateiel|hȋnda|hohe|ឯកសារ|ຮູບ|ဖိုင်|པར།|ፋይል|ስዕል|ፍይል|ཡིག་ཆ|vaizdas|faile|pildi|ovdal|datoteko|śəkil|sŵnddelwedd|
    медиа|médias|média|medio|medya|mediju|медія|wikipedia file
    """.replace("\n", "").replace("    ", "").strip().split("|")
)  # fmt: skip

CATEGORY_NAMES: Final = frozenset(
    """
    category|kategorie|catégorie|categoria|categoría|categorie|kategoria|kategori|kategorija|kategória|категория|категорія|
    катэгорыя|категорија|kategoreja|luokka|flokkur|κατηγορία|カテゴリ|分类|分類|분류|تصنيف|رده|קטגוריה|श्रेणी|वर्ग|বিষয়শ্রেণী|
    பகுப்பு|వర్గం|ವರ್ಗ|വർഗ്ഗം|หมวดหมู่|thể loại|thể loại|kateqoriya|კატეგორია|կատեգորիա|kategorio|catagóir|categori|rummad|
    katigoriya|санат|төркем|turkum|ангилал|catharèn|kaarangay|kategorya|jamii|kategorija|kategooria|kategoriija|categuria|
    catigurìa|categorìa|categorîe|saitegorie|bólkur|sokajy|ẹ̀ka|ప్రత్యేక|វិចិត្រ|စာမျက်နှာ|kategóriu|rubryk|rubriek|usun|
    категори|категориясы|kategorî|rummadi|catagoria|kattekori|klad|paixba|kawan|jàjji|saitegorie|bahagi|zumarë|rubrika
    """.replace("\n", "").replace("    ", "").strip().split("|")
)  # fmt: skip

INTERLANGUAGE: Final = frozenset(
    """
    aa ab ace ady af ak als alt am ami an ang ann anp ar arc ary arz as ast atj av avk awa ay az azb ba ban bar
    bat-smg bbc bcl be be-tarask be-x-old bg bh bi bjn blk bm bn bo bpy br bs bug bxr ca cbk-zam cdo ce ceb ch cho
    chr chy ckb co cr crh cs csb cu cv cy da dag de dga din diq dsb dtp dty dv dz ee el eml en eo es et eu ext fa
    fat ff fi fiu-vro fj fo fon fr frp frr fur fy ga gag gan gcr gd gl glk gn gom gor got gpe gu guc gur guw gv ha
    hak haw he hi hif ho hr hsb ht hu hy hyw hz ia id ie ig igl ii ik ilo inh io is it iu ja jam jbo jv ka kaa kab
    kbd kbp kcg kg ki kj kk kl km kn ko koi kr krc ks ksh ku kus kv kw ky la lad lb lbe lez lfn lg li lij lld lmo ln
    lo lrc lt ltg lv mad mai map-bms mdf mg mh mhr mi min mk ml mn mni mnw mo mr mrj ms mt mus mwl my myv mzn na nah
    nap nds nds-nl ne new ng nia nl nn no nov nqo nrm nso nv ny oc olo om or os pa pag pam pap pcd pcm pdc pfl pi
    pih pl pms pnb pnt ps pt pwn qu rm rmy rn ro roa-rup roa-tara ru rue rw sa sah sat sc scn sco sd se sg sh shi
    shn si simple sk skr sl sm smn sn so sq sr srn ss st stq su sv sw szl szy ta tay tcy te tet tg th ti tk tl tly
    tn to tpi tr trv ts tt tum tw ty tyv udm ug uk ur uz ve vec vep vi vls vo wa war wo wuu xal xh xmf yi yo za zea
    zgh zh zh-classical zh-min-nan zh-yue zh-cn zh-tw zu nb lzh nan yue gsw sgs vro rup
    """.split()
)
"""Codes of the Wikipedias: ``[[fr:Titre]]`` is a link in the margin, ``[[:fr:Titre]]`` one in the text."""

INTERWIKI: Final = frozenset(
    """
    w wikipedia wikt wiktionary s wikisource b wikibooks n wikinews q wikiquote v wikiversity voy wikivoyage species
    wikispecies c commons d wikidata m meta mw mediawikiwiki wmf foundation phab phabricator doi arxiv rfc wmuk iarchive
    """.split()
)
"""Prefixes of sister projects: they go, the rest of the target stays."""

LANGUAGES: Final = {
    "simple": "en", "als": "gsw", "bat-smg": "sgs", "be-x-old": "be", "be-tarask": "be", "cbk-zam": "cbk",
    "fiu-vro": "vro", "map-bms": "jv", "nds-nl": "nds", "no": "nb", "roa-rup": "rup", "roa-tara": "nap", "sh": "sh",
    "zh-classical": "lzh", "zh-min-nan": "nan", "zh-yue": "yue", "eml": "egl", "nrm": "nrf", "bh": "bho",
}  # fmt: skip
"""Wikipedias whose code is not that of their language (ISO 639-1, else 639-3)."""
