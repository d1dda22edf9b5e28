; SPDX-License-Identifier: GPL-3.0-or-later
; ./dev demo, the part inside GIMP: damages a picture (or takes it as it is), restores it with the plug-in,
; saves the layers and a comparison. ./dev defines photo, folder, task, steps (0: the model's) and damage.
(script-fu-use-v3)

(define (report key value)
  (display (string-append "demo: " key " " value))
  (newline))

(define (save image name)
  (gimp-file-save RUN-NONINTERACTIVE image (string-append folder "/" name)))

; The first string after "KEY": in a JSON object that Mend wrote, or the number there.
(define (setting json key)
  (let* ((start (string-search (string-append "\"" key "\": ") json))
         (rest (substring json (+ start (string-length key) 4) (string-length json)))
         (end (apply min (map (lambda (mark) (or (string-search mark rest) (string-length rest)))
                              '(", \"" "}")))))
    (substring rest 0 end)))

(define (string-search part text)
  (let ((n (string-length part)))
    (let loop ((i 0))
      (cond ((> (+ i n) (string-length text)) #f)
            ((string=? (substring text i (+ i n)) part) i)
            (else (loop (+ i 1)))))))

; A photo of 960 columns, with the grain of a high ISO setting; always the same grain.
(define (add-damage image)
  (gimp-image-flatten image)
  (gimp-image-scale image 960 (round (/ (* 960 (gimp-image-get-height image))
                                        (gimp-image-get-width image))))
  (save image "original.png")
  (gimp-drawable-merge-new-filter (vector-ref (gimp-image-get-layers image) 0)
    "gegl:noise-rgb" "grain" LAYER-MODE-REPLACE 1.0 "correlated" FALSE "independent" TRUE
    "linear" FALSE "gaussian" TRUE "red" 0.2 "green" 0.2 "blue" 0.2 "alpha" 0 "seed" 1))

; One panel: the middle of a file at 1:1, with its label below.
(define (add-panel image file label x width height text-height)
  (let* ((layer (gimp-file-load-layer RUN-NONINTERACTIVE image (string-append folder "/" file)))
         (left (quotient (- (gimp-drawable-get-width layer) width) 2))
         (top (quotient (- (gimp-drawable-get-height layer) height) 2)))
    (gimp-image-insert-layer image layer -1 0)
    (gimp-layer-resize layer width height (- left) (- top))
    (gimp-layer-set-offsets layer x 0)
    (let ((text (gimp-text-font image -1 0 0 label 0 TRUE text-height (gimp-context-get-font))))
      (gimp-layer-set-offsets text (+ x (quotient (- width (gimp-drawable-get-width text)) 2))
                              (+ height (quotient text-height 4))))))

(define (compare panels width height)
  (let* ((gap 8)
         (text-height (max 16 (quotient width 30)))
         (n (length panels))
         (whole-width (+ (* n width) (* (- n 1) gap)))
         (whole-height (+ height (* 2 text-height)))
         (image (gimp-image-new whole-width whole-height RGB))
         (back (gimp-layer-new image "back" whole-width whole-height RGB-IMAGE 100 LAYER-MODE-NORMAL)))
    (gimp-image-insert-layer image back -1 0)
    (gimp-context-set-background "white")
    (gimp-context-set-foreground "black")
    (gimp-drawable-fill back FILL-BACKGROUND)
    (let loop ((rest panels) (x 0))
      (if (pair? rest)
          (begin
            (add-panel image (caar rest) (cdar rest) x width height text-height)
            (loop (cdr rest) (+ x width gap)))))
    (save image "compare.png")
    (gimp-image-delete image)))

(let ((image (gimp-file-load RUN-NONINTERACTIVE photo)))
  (if damage (add-damage image))
  (save image "before.png")
  (let ((start (realtime)))
    (plug-in-mend-restore #:run-mode RUN-NONINTERACTIVE #:image image
                          #:drawables (vector (vector-ref (gimp-image-get-layers image) 0))
                          #:task task #:steps steps)
    (report "seconds" (number->string (- (realtime) start))))
  (let ((json (caddr (gimp-item-get-parasite (vector-ref (gimp-image-get-layers image) 0)
                                             "mend-settings"))))
    (for-each (lambda (key) (report key (setting json key))) '("task" "model" "device" "steps")))
  (save image "restored.xcf")
  (save image "after.png")
  (compare (append (if damage '(("original.png" . "Original")) '())
                   '(("before.png" . "Before") ("after.png" . "After: Mend")))
           (min 960 (gimp-image-get-width image)) (min 960 (gimp-image-get-height image)))
  (gimp-image-delete image))
