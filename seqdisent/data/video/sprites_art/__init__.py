"""How the drawn sprites are drawn: a skeleton, a brush for signed distances, and a wardrobe."""

# Every shape is a signed distance field (negative inside) over all the poses of one view at once, so
# a garment is a few lines on the joints of the skeleton, and outline, shading and smooth edges follow
# from the distance. Screen x points right and y down; the side view faces left. Each draw_* function
# draws one value of one layer on a view.

from seqdisent.data.video.sprites_art.body import draw_skin
from seqdisent.data.video.sprites_art.brush import Canvas
from seqdisent.data.video.sprites_art.hair import draw_hair
from seqdisent.data.video.sprites_art.palette import HAIRS, PANTS, SKINS, TOPS, Tone
from seqdisent.data.video.sprites_art.pants import draw_pants
from seqdisent.data.video.sprites_art.poses import FRAMES, skeleton
from seqdisent.data.video.sprites_art.props import draw_extras
from seqdisent.data.video.sprites_art.shapes import SIZE
from seqdisent.data.video.sprites_art.tops import draw_top

__all__ = [
    "FRAMES",
    "HAIRS",
    "PANTS",
    "SIZE",
    "SKINS",
    "TOPS",
    "Canvas",
    "Tone",
    "draw_extras",
    "draw_hair",
    "draw_pants",
    "draw_skin",
    "draw_top",
    "skeleton",
]
