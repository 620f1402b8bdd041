import { Button } from '@mantine/core'
import { useEffect, useEffectEvent, useRef, useState } from 'react'
import { useTranslations } from 'use-intl'
import classes from './desk.module.css'

/** The part of the Barcode Detection API that is used here. */
interface Detector {
  detect(image: HTMLVideoElement): Promise<{ rawValue: string }[]>
}
type DetectorClass = new (options: { formats: string[] }) => Detector

const formats = ['qr_code', 'code_128', 'data_matrix']
const pauseMs = 150

/** The browser's own detector where it has one, else the bundled one with its WebAssembly from this server. */
async function makeDetector(): Promise<Detector> {
  const own = (
    globalThis as { BarcodeDetector?: DetectorClass & { getSupportedFormats(): Promise<string[]> } }
  ).BarcodeDetector
  if (own && (await own.getSupportedFormats()).includes('qr_code')) return new own({ formats })
  const [{ BarcodeDetector, prepareZXingModule }, { default: address }] = await Promise.all([
    import('barcode-detector/ponyfill'),
    import('zxing-wasm/reader/zxing_reader.wasm?url'),
  ])
  prepareZXingModule({ overrides: { locateFile: () => address } })
  return new (BarcodeDetector as DetectorClass)({ formats })
}

/** Shows the camera and reports the first code it reads. Without a camera it says so: typing still works. */
export default function Scanner({ onCode, onStop }: { onCode: (code: string) => void; onStop: () => void }) {
  const t = useTranslations('desk')
  const video = useRef<HTMLVideoElement>(null)
  const [trouble, setTrouble] = useState<'insecure' | 'refused' | 'failed'>()
  const found = useEffectEvent(onCode)
  useEffect(() => {
    const ended = new AbortController()
    const { signal } = ended
    const watch = async () => {
      // Browsers hand out cameras only to pages from localhost or over HTTPS.
      if (!navigator.mediaDevices) return setTrouble('insecure')
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } })
      const stop = () => stream.getTracks().forEach((track) => track.stop())
      if (signal.aborted) return stop()
      signal.addEventListener('abort', stop)
      video.current!.srcObject = stream
      await video.current!.play()
      const detector = await makeDetector()
      while (!signal.aborted) {
        const [code] = await detector.detect(video.current!)
        if (code && !signal.aborted) return found(code.rawValue)
        await new Promise((done) => setTimeout(done, pauseMs))
      }
    }
    watch().catch((error: unknown) => {
      if (signal.aborted) return
      setTrouble(error instanceof DOMException && error.name === 'NotAllowedError' ? 'refused' : 'failed')
    })
    return () => ended.abort()
  }, [])
  return (
    <div>
      {trouble ? (
        <p role="alert" className={classes.trouble}>
          {t(`scan.${trouble}`)}
        </p>
      ) : (
        <video ref={video} className={classes.camera} muted playsInline aria-label={t('scan.camera')} />
      )}
      <Button className={classes.large} variant="default" fullWidth onClick={onStop}>
        {t('scan.stop')}
      </Button>
    </div>
  )
}
