"""A flow as a picture: what is drawn, where it lies, and the SVG. Pure, like the rest of the room.

``diagram`` says what is drawn (boxes, links, their words), ``layout`` where it lies, ``svg`` how it
looks; ``traffic`` counts the callers of past calls on each link.
"""
